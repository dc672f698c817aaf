using System.Globalization;
using Stash.Core.Yaml;

namespace Stash.Core.Monitoring;

/// <summary>The settings as YAML text. Reading is strict: a field that does not exist is an error with its line, not silently without effect.</summary>
public static class MonitoringYaml
{
    /// <summary>Reads a manifest. The values themselves are checked by <see cref="MonitoringValidation"/>.</summary>
    /// <param name="text">One YAML document.</param>
    /// <param name="name">What the text is, for errors: the file's name.</param>
    /// <exception cref="UserErrorException">One line with the name, the line and what is accepted.</exception>
    public static MonitoringManifest Parse(string text, string name)
    {
        var documents = YamlDocuments.Read(text, name);
        if (documents.Count != 1)
        {
            throw new UserErrorException(string.Create(CultureInfo.InvariantCulture, $"{name} holds {documents.Count} documents: give one, of kind {MonitoringManifest.ExpectedKind}."));
        }

        var root = new YamlFields(documents[0].RootNode, "", name);
        root.Allow("apiVersion", "kind", "metadata", "spec", "status");
        var metadata = root.Map("metadata");
        metadata?.Allow("name", "namespace", "labels", "annotations", "resourceVersion", "uid", "generation", "creationTimestamp");
        return new MonitoringManifest
        {
            ApiVersion = root.Text("apiVersion") ?? "",
            Kind = root.Text("kind") ?? "",
            Metadata = new MonitoringMetadata { Name = metadata?.Text("name") ?? "stash" },
            Spec = Spec(root.Map("spec")),
            Status = Status(root.Map("status")),
        };
    }

    /// <summary>The <c>spec</c> as a block of YAML, ending with a line feed.</summary>
    public static string SpecBlock(MonitoringSpec spec)
    {
        YamlText yaml = new();
        yaml.Line(0, "spec:");
        yaml.Value(1, "agent", spec.Agent);
        yaml.Line(1, $"backup: {(spec.Backup ? "true" : "false")}");
        yaml.Line(1, $"operator: {(spec.Operator ? "true" : "false")}");
        yaml.Line(1, "prometheus:");
        yaml.Value(2, "namespace", spec.Prometheus.Namespace);
        yaml.Line(1, "serviceMonitor:");
        yaml.Map(2, "labels", spec.ServiceMonitor.Labels);
        return yaml.ToString();
    }

    /// <summary>The <c>status</c> as a block of YAML, ending with a line feed.</summary>
    public static string StatusBlock(MonitoringStatus status)
    {
        YamlText yaml = new();
        yaml.Line(0, "status:");
        if (status.AppliedTime is { } time)
        {
            yaml.Value(1, "appliedTime", time.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture));
        }

        yaml.List(1, "created", status.Created);
        if (status.Error is { } error)
        {
            yaml.Value(1, "error", error);
        }

        return yaml.ToString();
    }

    /// <summary>
    /// The text with one top-level block replaced, or added at its end. Everything else, comments too, stays as its author wrote it.
    /// </summary>
    public static string ReplaceBlock(string text, string key, string block)
    {
        var lines = text.Split('\n');
        var start = Array.FindIndex(lines, l => l.StartsWith($"{key}:", StringComparison.Ordinal));
        if (start < 0)
        {
            return text.Length == 0 || text.EndsWith('\n') ? text + block : $"{text}\n{block}";
        }

        var end = start + 1;
        while (end < lines.Length && (lines[end].Length == 0 || lines[end][0] is ' ' or '\t' or '\r' or '-' && !lines[end].StartsWith("---", StringComparison.Ordinal)))
        {
            end++;
        }

        // Blank lines before the next block belong to that block.
        while (end > start + 1 && string.IsNullOrWhiteSpace(lines[end - 1]))
        {
            end--;
        }

        return string.Concat(string.Concat(lines[..start].Select(l => l + '\n')), block, string.Join('\n', lines[end..]));
    }

    private static MonitoringSpec Spec(YamlFields? spec)
    {
        var defaults = new MonitoringSpec();
        if (spec is null)
        {
            return defaults;
        }

        spec.Allow("agent", "backup", "operator", "prometheus", "serviceMonitor");
        var prometheus = spec.Map("prometheus");
        prometheus?.Allow("namespace");
        var serviceMonitor = spec.Map("serviceMonitor");
        serviceMonitor?.Allow("labels");
        return new MonitoringSpec
        {
            Agent = spec.Text("agent") ?? defaults.Agent,
            Backup = spec.Flag("backup") ?? defaults.Backup,
            Operator = spec.Flag("operator") ?? defaults.Operator,
            Prometheus = new PrometheusSpec { Namespace = prometheus?.Text("namespace") ?? "" },
            ServiceMonitor = serviceMonitor?.Map("labels") is { } labels ? new ServiceMonitorSpec { Labels = labels.Texts() } : defaults.ServiceMonitor,
        };
    }

    private static MonitoringStatus? Status(YamlFields? status) => status is null
        ? null
        : new MonitoringStatus
        {
            AppliedTime = DateTimeOffset.TryParse(status.Text("appliedTime"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null,
            Created = status.List("created"),
            Error = status.Text("error"),
        };
}
