using Stash.Core.Configuration;
using Stash.Core.Kubernetes;
using Stash.Core.Kubernetes.Controllers;
using Stash.Core.Monitoring;
using Stash.Core.Monitoring.Cluster;

namespace Stash.Operator.Monitoring.Cluster;

/// <summary>Adds the settings of a cluster, and their controller, to the operator's host.</summary>
internal static class ClusterMonitoringExtensions
{
    /// <param name="services">The host's.</param>
    /// <param name="cluster">Where the settings are.</param>
    /// <param name="options">What the operator is in it.</param>
    public static void AddClusterMonitoring(this IServiceCollection services, KubernetesConnection cluster, KubernetesOptions options)
    {
        services.AddSingleton(new LeaderElectionOptions(cluster.Namespace, options.ServiceName, LeaseLeadership.NewIdentity()));
        services.AddSingleton(s => new LeaderElection(cluster.Client, s.GetRequiredService<LeaderElectionOptions>(), s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<LeaderElection>>()));
        services.AddSingleton<LeaseLeadership>().AddSingleton<ILeadership>(s => s.GetRequiredService<LeaseLeadership>());
        services.AddSingleton(options).AddSingleton<OperatorInCluster>().AddSingleton<MonitoringObject>().AddSingleton<MonitoringEvents>().AddSingleton<MonitoringMetrics>();
        services.AddSingleton<MonitoringReconciler>().AddSingleton<TrustPublisher>();
        services.AddSingleton<Func<OperatorFacts>>(s =>
        {
            var self = s.GetRequiredService<OperatorInCluster>();
            return () => self.Facts;
        });
        services.AddSingleton<ClusterSettings>().AddSingleton<IMonitoringSettings>(s => s.GetRequiredService<ClusterSettings>());
        services.AddHostedService<MonitoringController>().AddHostedService<FirstSettings>();
    }
}
