using System.Globalization;
using System.Text.Json;
using Stash.Core.Api;
using Stash.Core.Configuration;
using Stash.Core.Monitoring.Cluster;
using Stash.Core.Yaml;

namespace Stash.Core.Monitoring.Embedded;

/// <summary>
/// What monitoring settings make where there is no cluster: files in the data folder. <c>builtin</c> gives a Prometheus on the
/// same machine its scrape configuration; <c>coreos-operator</c> gives the ServiceMonitor for <c>kubectl apply</c>.
/// </summary>
public sealed class EmbeddedResources(DataFolder data)
{
    /// <summary>The operator's namespace, where there is none.</summary>
    private const string OperatorNamespace = "default";

    private static readonly string[] All =
    [
        "prometheus/stash-scrape.yml", "prometheus/targets/stash-pushgateway.json", "prometheus/targets/stash-operator.json",
        "kubernetes/stash-servicemonitor.yaml",
    ];

    /// <summary>The address of each endpoint; null until the operator listens.</summary>
    public ScrapeEndpoints? Endpoints { get; set; }

    /// <summary>What valid settings would do to the files of today.</summary>
    public IReadOnlyList<PreviewItem> Preview(MonitoringSpec spec)
    {
        var desired = Desired(spec);
        List<PreviewItem> items = [];
        foreach (var name in All)
        {
            var path = data.In(name);
            var today = File.Exists(path) ? File.ReadAllText(path) : null;
            if (desired.TryGetValue(name, out var content))
            {
                var action = today is null ? "create" : today == content ? "keep" : "update";
                items.Add(new PreviewItem { Action = action, Kind = KindOf(name), Name = name, Content = content, Before = today });
            }
            else if (today is not null)
            {
                items.Add(new PreviewItem { Action = "delete", Kind = KindOf(name), Name = name, Content = "", Before = today });
            }
        }

        return items;
    }

    /// <summary>Writes what the settings want and is not there, deletes what they do not want.</summary>
    /// <returns>Names of the files that exist now, relative to the data folder; and whether anything was written or deleted.</returns>
    public (IReadOnlyList<string> Created, bool Changed) Apply(MonitoringSpec spec)
    {
        var changed = false;
        // A target file before the snippet that names it, so that a Prometheus reading at this moment finds both.
        foreach (var item in Preview(spec).Reverse())
        {
            var path = data.In(item.Name);
            changed |= item.Action != "keep";
            switch (item.Action)
            {
                case "delete":
                    File.Delete(path);
                    break;
                case "create" or "update":
                    Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                    DataFolder.Replace(path, System.Text.Encoding.UTF8.GetBytes(item.Content));
                    break;
            }
        }

        return ([.. Desired(spec).Keys.Order(StringComparer.Ordinal)], changed);
    }

    private Dictionary<string, string> Desired(MonitoringSpec spec)
    {
        Dictionary<string, string> files = new(StringComparer.Ordinal);
        if (!spec.Backup && !spec.Operator)
        {
            return files;
        }

        switch (MonitoringAgent.Normalize(spec.Agent))
        {
            case MonitoringAgent.Builtin when Endpoints is { } endpoints:
                files["prometheus/stash-scrape.yml"] = Snippet(spec, endpoints);
                if (spec.Backup)
                {
                    files["prometheus/targets/stash-pushgateway.json"] = Targets(endpoints.Gateway);
                }

                if (spec.Operator)
                {
                    files["prometheus/targets/stash-operator.json"] = Targets(endpoints.Api);
                }

                break;
            case MonitoringAgent.CoreosOperator:
                files["kubernetes/stash-servicemonitor.yaml"] = ServiceMonitor(spec, Endpoints);
                break;
        }

        return files;
    }

    private string Snippet(MonitoringSpec spec, ScrapeEndpoints endpoints)
    {
        YamlText yaml = new();
        yaml.Line(0, "# Written by Stash from monitoring.yaml: changes made here are overwritten.");
        yaml.Line(0, "# Prometheus 2.43 or newer: name this file under scrape_config_files in prometheus.yml.");
        yaml.Line(0, "# Older: copy the jobs into its scrape_configs, or start a Prometheus with this file alone.");
        yaml.Line(0, "scrape_configs:");
        if (spec.Backup)
        {
            yaml.Line(1, "- job_name: stash-pushgateway");
            yaml.Line(2, "# Sessions bring their own job label: keep it.");
            yaml.Line(2, "honor_labels: true");
            GatewayAccess(yaml, endpoints);
            FileTargets(yaml, "stash-pushgateway");
        }

        if (spec.Operator)
        {
            yaml.Line(1, "- job_name: stash-operator");
            yaml.Line(2, "scheme: https");
            yaml.Line(2, "# The token may read these metrics and nothing else. Its file has mode 0600: give Prometheus' user a copy, or the right to read it.");
            yaml.Line(2, "authorization:");
            yaml.Value(3, "credentials_file", endpoints.ApiTokenFile ?? data.MetricsToken);
            yaml.Line(2, "tls_config:");
            yaml.Value(3, "ca_file", endpoints.ApiCaFile ?? data.CaCertificate);
            yaml.Value(3, "server_name", endpoints.ServerName);
            FileTargets(yaml, "stash-operator");
        }

        return yaml.ToString();
    }

    private static void GatewayAccess(YamlText yaml, ScrapeEndpoints endpoints)
    {
        if (endpoints.GatewayScheme != "http")
        {
            yaml.Line(2, "# Where no authority of the system vouches for the gateway's certificate, add tls_config with a ca_file in a copy of this job.");
            yaml.Value(2, "scheme", endpoints.GatewayScheme);
        }

        if (endpoints.GatewayPath != "/metrics")
        {
            yaml.Value(2, "metrics_path", endpoints.GatewayPath);
        }

        if (endpoints.GatewayTokenFile is { } tokens)
        {
            yaml.Line(2, "# One token alone in it will do; Prometheus' user needs a copy, or the right to read it.");
            yaml.Line(2, "authorization:");
            yaml.Value(3, "credentials_file", tokens);
        }
        else if (endpoints.GatewayNeedsUser)
        {
            yaml.Line(2, "# The gateway asks for a user and a password: add basic_auth with username and password_file in a copy of this job.");
        }
    }

    private void FileTargets(YamlText yaml, string job)
    {
        yaml.Line(2, "file_sd_configs:");
        yaml.Line(3, "- files:");
        yaml.Line(5, $"- {YamlText.Quote(data.In("prometheus", "targets", $"{job}.json"))}");
    }

    private static string Targets(string address) =>
        string.Create(CultureInfo.InvariantCulture, $$$"""
            [
              {
                "targets": ["{{{JsonEncodedText.Encode(address)}}}"],
                "labels": { "service": "stash-operator" }
              }
            ]

            """);

    private static string ServiceMonitor(MonitoringSpec spec, ScrapeEndpoints? endpoints)
    {
        ServiceMonitorDefinition monitor = new()
        {
            Spec = spec,
            OperatorNamespace = OperatorNamespace,
            GatewayScheme = endpoints?.GatewayScheme ?? "http",
            GatewayPath = endpoints?.GatewayPath ?? "/metrics",
        };
        return $"# Written by Stash from monitoring.yaml, for kubectl apply -f: changes made here are overwritten.\n{JsonYaml.Write(monitor.Body())}";
    }

    private static string KindOf(string name) => name switch
    {
        "prometheus/stash-scrape.yml" => "Prometheus scrape configuration",
        "kubernetes/stash-servicemonitor.yaml" => "ServiceMonitor",
        _ => "Prometheus targets",
    };
}
