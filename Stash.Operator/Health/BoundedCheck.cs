using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Stash.Operator.Health;

/// <summary>
/// A check that costs no more than it may, whoever asks how often: what it found is good for a second, it runs once at a time, and
/// nobody waits for it longer than its timeout, even if it never ends (a network file system that hangs).
/// </summary>
internal sealed partial class BoundedCheck(HealthCheckRegistration registration, IServiceProvider services, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan UsualTimeout = TimeSpan.FromSeconds(2);

    private readonly TimeSpan _fresh = registration.Tags.Contains(HealthTags.Instant) ? TimeSpan.Zero : Fresh;
    private readonly TimeSpan _timeout = registration.Timeout > TimeSpan.Zero ? registration.Timeout : UsualTimeout;
    private readonly Lock _lock = new();
    private Task<CheckOutcome>? _run;
    private long _begun;

    public string Name => registration.Name;

    public bool Has(string tag) => registration.Tags.Contains(tag);

    public async Task<CheckOutcome> AskAsync(CancellationToken cancellationToken)
    {
        Task<CheckOutcome> run;
        TimeSpan left;
        lock (_lock)
        {
            if (_run is null || (_run.IsCompleted && time.GetElapsedTime(_begun) >= _fresh))
            {
                _begun = time.GetTimestamp();
                // Not on the caller's thread: a check may block before it gives a task.
                _run = Task.Run(RunAsync, CancellationToken.None);
            }

            run = _run;
            left = _timeout - time.GetElapsedTime(_begun);
        }

        if (!run.IsCompleted && left > TimeSpan.Zero)
        {
            try
            {
                return await run.WaitAsync(left, time, cancellationToken);
            }
            catch (TimeoutException)
            {
                // Told below; it goes on, and whoever asks later gets what it finds.
            }
        }

        return run.IsCompleted
            ? await run
            : new CheckOutcome(Name, HealthStatus.Unhealthy, string.Create(CultureInfo.InvariantCulture, $"it took longer than {_timeout.TotalSeconds} s: a disk or a server that it asks does not answer"));
    }

    private async Task<CheckOutcome> RunAsync()
    {
        try
        {
            var check = registration.Factory(services);
            using CancellationTokenSource stop = new(_timeout, time);
            var result = await check.CheckHealthAsync(new HealthCheckContext { Registration = registration }, stop.Token);
            return new CheckOutcome(Name, result.Status, (result.Description ?? "").ReplaceLineEndings(" "));
        }
        catch (OperationCanceledException e)
        {
            LogFailed(logger, e, Name);
            return new CheckOutcome(Name, HealthStatus.Unhealthy, string.Create(CultureInfo.InvariantCulture, $"it took longer than {_timeout.TotalSeconds} s: a disk or a server that it asks does not answer"));
        }
        catch (Exception e)
        {
            // Its text is not for everybody.
            LogFailed(logger, e, Name);
            return new CheckOutcome(Name, HealthStatus.Unhealthy, "the check itself failed: the operator's log tells more");
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The health check {Check} could not be made")]
    private static partial void LogFailed(ILogger logger, Exception exception, string check);
}
