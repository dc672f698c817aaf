using Microsoft.Extensions.Diagnostics.HealthChecks;
using Stash.Core.Configuration;

namespace Stash.Operator.Health.Checks;

/// <summary>
/// The data folder's disk has room for what a segment of the push log, a snapshot and the journal's own log take: 64 MiB, and on a disk of less than 1.25 GiB
/// a twentieth of it.
/// </summary>
internal sealed class DiskSpaceCheck(DataFolder data) : IHealthCheck
{
    private const long Enough = 64 << 20;
    private const int Part = 20;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            DriveInfo disk = new(data.FullPath);
            return Task.FromResult(disk.AvailableFreeSpace >= Math.Min(Enough, disk.TotalSize / Part)
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Unhealthy($"the disk of the data folder is nearly full (less than {(disk.TotalSize / Part < Enough ? "5 %" : "64 MiB")} free): make space, or move the data folder to a larger disk; once it is full, pushes and changes are refused"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Task.FromResult(HealthCheckResult.Unhealthy("the data folder is gone or its disk does not answer: bring it back, and restart stash"));
        }
    }
}
