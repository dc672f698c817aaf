using Stash.Core.Kubernetes.Controllers;

namespace Stash.Operator.Monitoring.Cluster;

/// <summary>Of the operators of a cluster, the one that holds the Lease leads.</summary>
internal sealed class LeaseLeadership(LeaderElection election, LeaderElectionOptions options) : ILeadership
{
    /// <summary>Of this process.</summary>
    public static string NewIdentity() => $"{Environment.MachineName}-{Guid.NewGuid().ToString("N")[..8]}";

    public bool IsLeader => election.IsLeader;

    public string Leader => election switch
    {
        { IsLeader: true } => election.Leader,
        // Its own name is left in the Lease where it could not be renewed.
        { Holder: { Length: > 0 } other } when other != options.Identity => other,
        _ => "",
    };

    public string? Problem => election.Problem?.Message;

    /// <inheritdoc cref="LeaderElection.RunAsync"/>
    public Task RunAsync(Func<CancellationToken, Task> lead, CancellationToken stop) => election.RunAsync(lead, stop);
}
