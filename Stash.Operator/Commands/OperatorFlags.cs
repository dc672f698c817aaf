using System.CommandLine;

namespace Stash.Operator.Commands;

/// <summary>The flags of the operator's endpoint and of its cluster, named as those of Kubernetes' own servers. Values are checked with the configuration.</summary>
internal sealed class OperatorFlags
{
    private readonly List<(Option<string?> Flag, string Key)> _flags = [];

    public OperatorFlags(Command command)
    {
        Add("--tls-cert-file", "FILE", "Stash:Api:CertificateFile", "The API's serving certificate, PEM. Default: made by the operator's own authority.");
        Add("--tls-private-key-file", "FILE", "Stash:Api:KeyFile", "The key of --tls-cert-file.");
        Add("--client-ca-file", "FILE", "Stash:Api:ClientCaFile", "Further authorities of client certificates, PEM.");
        Add("--max-requests-inflight", "N", "Stash:Api:MaxReadsInFlight", "Requests that read and are in progress. Default: 400.");
        Add("--max-mutating-requests-inflight", "N", "Stash:Api:MaxChangesInFlight", "Requests that change something and are in progress. Default: 200.");
        Add("--shutdown-delay-duration", "DURATION", "Stash:Api:ShutdownDelay", "How long requests are still taken after SIGTERM, while /readyz fails. Default: 0.");
        Add("--audit-log-path", "FILE", "Stash:Audit:LogPath", "Where changes over the API are recorded; - for standard output. Default: audit.log in the data folder.");
        Add("--audit-log-maxsize", "MEGABYTES", "Stash:Audit:MaxSizeMegabytes", "After which the audit log is put aside. Default: 100.");
        Add("--audit-log-maxbackup", "N", "Stash:Audit:MaxBackups", "Audit logs put aside that are kept; 0 for all. Default: 10.");
        Add("--audit-log-maxage", "DAYS", "Stash:Audit:MaxAgeDays", "How long audit logs put aside are kept; 0 for ever. Default: 0.");
        Add("--kubeconfig", "FILE", "Stash:Kubernetes:Kubeconfig", "Run outside of the cluster that this file describes. In a pod: its service account.");
        Add("--namespace", "NAME", "Stash:Kubernetes:Namespace", "The operator's namespace. Default: the pod's, else that of the kubeconfig's context.");
        Add("--service-name", "NAME", "Stash:Kubernetes:ServiceName", "The Service that leads to the operator. Default: stash-operator.");
        Add("--service-labels", "KEY=VALUE,...", "Stash:Kubernetes:ServiceLabels", "The labels of that Service, by which the ServiceMonitor selects it. Default: app=stash.");
        Add("--servicemonitor-name", "NAME", "Stash:Kubernetes:ServiceMonitorName", "The ServiceMonitor that is made. Default: stash-servicemonitor.");
        Add("--certificate-secret-name", "NAME", "Stash:Kubernetes:CertificateSecretName", "The Secret with the certificate that Prometheus trusts. Default: stash-apiserver-cert.");
        Add("--prometheus-service-account", "NAMESPACE/NAME,...", "Stash:Kubernetes:PrometheusServiceAccounts", "Who may read the operator's metrics. Default: the service accounts of the Prometheus resources that select the ServiceMonitor.");
        foreach (var (flag, _) in _flags)
        {
            command.Add(flag);
        }
    }

    /// <summary>Adds the keys of the flags that were given.</summary>
    public void Read(ParseResult result, Dictionary<string, string?> keys)
    {
        foreach (var (flag, key) in _flags)
        {
            if (result.GetValue(flag) is { } value)
            {
                keys[key] = value;
            }
        }
    }

    private void Add(string name, string value, string key, string description) =>
        _flags.Add((new Option<string?>(name) { Description = $"{description} ({key})", HelpName = value }, key));
}
