using Microsoft.Extensions.Diagnostics.HealthChecks;
using Prometheus;
using Stash.Operator.Hosting;
using Stash.Operator.Telemetry;

namespace Stash.Operator.Health;

/// <summary>Makes the checks every ten seconds, though nobody asks: what they find is a metric, and a change of it is told in the log.</summary>
internal sealed partial class HealthWatch : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    private readonly HealthReports _reports;
    private readonly Shutdown _shutdown;
    private readonly TimeProvider _time;
    private readonly ILogger<HealthWatch> _logger;
    private readonly Gauge _status;
    private readonly Dictionary<string, CheckOutcome> _last = new(StringComparer.Ordinal);

    public HealthWatch(HealthReports reports, Shutdown shutdown, OperatorMetrics metrics, TimeProvider time, ILogger<HealthWatch> logger)
    {
        (_reports, _shutdown, _time, _logger) = (reports, shutdown, time, logger);
        _status = metrics.Factory.CreateGauge("stash_health_check_status", "Whether a health check found nothing wrong when it was last made, every ten seconds: 1, else 0.", ["check"]);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(Period, _time);
        do
        {
            foreach (var outcome in await _reports.RunAsync(null, _ => true, stoppingToken))
            {
                _status.WithLabels(outcome.Name).Set(IsSound(outcome) ? 1 : 0);
                Tell(outcome);
                _last[outcome.Name] = outcome;
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private void Tell(CheckOutcome outcome)
    {
        var was = !_last.TryGetValue(outcome.Name, out var before) || IsSound(before);
        if (was && !IsSound(outcome) && !_shutdown.IsUnderWay)
        {
            LogFails(_logger, outcome.Name, outcome.Passed ? "finds" : "fails", outcome.Reason);
        }
        else if (!was && IsSound(outcome))
        {
            LogPasses(_logger, outcome.Name);
        }
    }

    private static bool IsSound(CheckOutcome outcome) => outcome.Status == HealthStatus.Healthy;

    [LoggerMessage(Level = LogLevel.Warning, Message = "Health check {Check} {Fails}: {Reason}")]
    private static partial void LogFails(ILogger logger, string check, string fails, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Health check {Check} finds nothing wrong any more")]
    private static partial void LogPasses(ILogger logger, string check);
}
