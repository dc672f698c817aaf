using System.Security.Cryptography.X509Certificates;
using Stash.Core.Configuration;
using Stash.Core.Kubernetes;
using Stash.Core.Monitoring.Cluster;
using Stash.Operator.Gateway;
using Stash.Operator.Tls;

namespace Stash.Operator.Monitoring.Cluster;

/// <summary>What this operator is in its cluster: its names there, and the authorities of its certificate as they are now.</summary>
internal sealed class OperatorInCluster(KubernetesConnection cluster, KubernetesOptions options, IServingCertificate serving)
{
    private string _authorities = "";

    /// <summary>The operator's.</summary>
    public string Namespace => cluster.Namespace;

    /// <summary>The Service that leads to it; its Lease is named so too.</summary>
    public string ServiceName => options.ServiceName;

    public string ServiceMonitorName => options.ServiceMonitorName;

    public string CertificateSecretName => options.CertificateSecretName;

    /// <summary>The ConfigMap in which it tells its authorities.</summary>
    public string AuthorityMapName => $"{options.ServiceName}-ca";

    /// <summary>The ClusterRole, and the binding, that let Prometheus read its metrics.</summary>
    public string MetricsRole => Facts.NamesIn(Namespace).MetricsRole;

    /// <summary>Whether it was told who Prometheus is.</summary>
    public bool NamesPrometheus => options.PrometheusServiceAccounts.Count > 0;

    /// <summary>All beside the settings that decides what these make.</summary>
    public OperatorFacts Facts => new()
    {
        Version = GatewayBuild.This.Version,
        ServiceName = options.ServiceName,
        ServiceLabels = options.ServiceLabels,
        ServiceMonitorName = options.ServiceMonitorName,
        CertificateSecretName = options.CertificateSecretName,
        CaCertificate = Authorities,
        PrometheusServiceAccounts = [.. options.PrometheusServiceAccounts.Select(a => $"{a.Namespace}/{a.Name}")],
    };

    /// <summary>The authorities of the serving certificate, PEM, certificates alone. Looks at most once a second whether they are others now.</summary>
    public string Authorities
    {
        get
        {
            // It looks at the files, and writes the one that is read here.
            _ = serving.Current;
            try
            {
                X509Certificate2Collection all = [];
                all.ImportFromPem(File.ReadAllText(serving.AuthorityFile));
                if (all.Count > 0)
                {
                    Volatile.Write(ref _authorities, string.Concat(all.Select(c => c.ExportCertificatePem() + "\n")));
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.Security.Cryptography.CryptographicException)
            {
                // What was read before stays; what is wrong with the file is told by who serves.
            }

            return Volatile.Read(ref _authorities);
        }
    }
}
