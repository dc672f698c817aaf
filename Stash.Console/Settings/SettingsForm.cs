using Stash.Core.Monitoring;

namespace Stash.Console.Settings;

/// <summary>Monitoring settings as they are typed, which need not be valid yet.</summary>
public sealed class SettingsForm
{
    public const string NamespaceField = "spec.prometheus.namespace";

    public string Agent { get; set; } = MonitoringAgent.None;

    public bool Backup { get; set; }

    public bool Operator { get; set; }

    public string PrometheusNamespace { get; set; } = "";

    public List<LabelRow> Labels { get; } = [];

    /// <summary>True where nothing typed breaks Kubernetes' rules.</summary>
    public bool IsValid => NamespaceError is null && Labels.TrueForAll(row => LabelError(row) is null);

    /// <summary>What is wrong with the namespace; null where nothing is.</summary>
    public string? NamespaceError => MonitoringValidation.Validate(new MonitoringManifest { Spec = ToSpec() }).FirstOrDefault(e => e.Field == NamespaceField)?.Message;

    public static SettingsForm From(MonitoringSpec spec)
    {
        var form = new SettingsForm
        {
            Agent = MonitoringAgent.Normalize(spec.Agent) ?? spec.Agent,
            Backup = spec.Backup,
            Operator = spec.Operator,
            PrometheusNamespace = spec.Prometheus.Namespace,
        };
        form.SetLabels(spec.ServiceMonitor.Labels);
        return form;
    }

    /// <summary>Has these labels and no others.</summary>
    public void SetLabels(IReadOnlyDictionary<string, string> labels)
    {
        Labels.Clear();
        Labels.AddRange(labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => new LabelRow { Key = l.Key, Value = l.Value }));
    }

    /// <summary>What is wrong with a label; null where nothing is.</summary>
    public string? LabelError(LabelRow row)
    {
        var key = row.Key.Trim();
        if (row.IsEmpty)
        {
            return null;
        }

        if (key.Length == 0)
        {
            return "A value without a key is no label: give it a key, or remove the row.";
        }

        return Labels.Exists(other => other != row && other.Key.Trim() == key)
            ? $"\"{key}\" is there more than once: keep one of them."
            : KubernetesNames.LabelKeyError(key) ?? KubernetesNames.LabelValueError(key, row.Value.Trim());
    }

    /// <summary>The settings as typed, without the space around them. Of labels with the same key the last holds.</summary>
    public MonitoringSpec ToSpec()
    {
        Dictionary<string, string> labels = new(StringComparer.Ordinal);
        foreach (var row in Labels.Where(row => !row.IsEmpty))
        {
            labels[row.Key.Trim()] = row.Value.Trim();
        }

        return MonitoringValidation.Canonical(new MonitoringSpec
        {
            Agent = Agent,
            Backup = Backup,
            Operator = Operator,
            Prometheus = new PrometheusSpec { Namespace = PrometheusNamespace.Trim() },
            ServiceMonitor = new ServiceMonitorSpec { Labels = labels },
        });
    }
}
