using Stash.Core.Api;

namespace Stash.Core.Monitoring;

/// <summary>Checks monitoring settings and brings them into their canonical form.</summary>
public static class MonitoringValidation
{
    /// <summary>Every error of the settings, by field; empty where they are valid.</summary>
    public static IReadOnlyList<FieldError> Validate(MonitoringManifest manifest)
    {
        List<FieldError> errors = [];
        if (manifest.ApiVersion != MonitoringManifest.ExpectedApiVersion)
        {
            errors.Add(new("apiVersion", $"\"{manifest.ApiVersion}\" is not known: give {MonitoringManifest.ExpectedApiVersion}."));
        }

        if (manifest.Kind != MonitoringManifest.ExpectedKind)
        {
            errors.Add(new("kind", $"\"{manifest.Kind}\" is not known: give {MonitoringManifest.ExpectedKind}."));
        }

        if (manifest.Metadata.Name != "stash")
        {
            errors.Add(new("metadata.name", $"\"{manifest.Metadata.Name}\" is not known: the settings are named stash."));
        }

        var spec = manifest.Spec;
        if (MonitoringAgent.Normalize(spec.Agent) is null)
        {
            errors.Add(new("spec.agent", $"\"{spec.Agent}\" is not an agent: give one of {string.Join(", ", MonitoringAgent.All)} (short: builtin, coreos-operator)."));
        }

        if (spec.Prometheus.Namespace.Length > 0 && KubernetesNames.NamespaceError(spec.Prometheus.Namespace) is { } error)
        {
            errors.Add(new("spec.prometheus.namespace", error));
        }

        foreach (var (key, value) in spec.ServiceMonitor.Labels)
        {
            var wrong = KubernetesNames.LabelKeyError(key) ?? (value is null ? "it has no value: give a text." : KubernetesNames.LabelValueError(key, value));
            if (wrong is not null)
            {
                errors.Add(new($"spec.serviceMonitor.labels[{key}]", wrong));
            }
        }

        return errors;
    }

    /// <summary>Full agent names, labels in order: so that equal settings are equal text.</summary>
    public static MonitoringSpec Canonical(MonitoringSpec spec) => spec with
    {
        Agent = MonitoringAgent.Normalize(spec.Agent) ?? spec.Agent,
        ServiceMonitor = new ServiceMonitorSpec
        {
            Labels = new SortedDictionary<string, string>(spec.ServiceMonitor.Labels.ToDictionary(StringComparer.Ordinal), StringComparer.Ordinal),
        },
    };
}
