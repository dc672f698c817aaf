using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Stash.Operator.Health;

/// <summary>What a check found.</summary>
/// <param name="Name">The check.</param>
/// <param name="Status">What is degraded passes, and is told.</param>
/// <param name="Reason">Why it failed and what to do, or what else there is to say; one line that everybody may read, empty for nothing.</param>
internal sealed record CheckOutcome(string Name, HealthStatus Status, string Reason)
{
    public bool Passed => Status != HealthStatus.Unhealthy;

    /// <summary>As the servers of Kubernetes write it.</summary>
    public override string ToString() => (Passed, Reason) switch
    {
        (true, "") => $"[+]{Name} ok",
        (true, _) => $"[+]{Name} ok: {Reason}",
        (false, "") => $"[-]{Name} failed",
        (false, _) => $"[-]{Name} failed: {Reason}",
    };
}
