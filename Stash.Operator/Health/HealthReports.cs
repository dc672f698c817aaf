using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Stash.Operator.Health;

/// <summary>All registered checks.</summary>
internal sealed class HealthReports(IOptions<HealthCheckServiceOptions> options, IServiceProvider services, TimeProvider time, ILogger<HealthReports> logger)
{
    private readonly BoundedCheck[] _checks = [.. options.Value.Registrations.Select(r => new BoundedCheck(r, services, time, logger))];

    /// <summary>The checks with a tag, by name.</summary>
    /// <param name="tag">One of <see cref="HealthTags"/>; null for all.</param>
    public IEnumerable<string> Names(string? tag = null) => With(tag).Select(c => c.Name);

    /// <summary>Makes the checks, all at once, in the order of <see cref="Names"/>.</summary>
    /// <param name="tag">One of <see cref="HealthTags"/>; null for all.</param>
    /// <param name="wanted">Which of them.</param>
    /// <param name="cancellationToken">Stops waiting for them.</param>
    public Task<CheckOutcome[]> RunAsync(string? tag, Func<string, bool> wanted, CancellationToken cancellationToken) =>
        Task.WhenAll(With(tag).Where(c => wanted(c.Name)).Select(c => c.AskAsync(cancellationToken)));

    private IEnumerable<BoundedCheck> With(string? tag) => tag is null ? _checks : _checks.Where(c => c.Has(tag));
}
