using System.Globalization;
using Stash.Core.Sessions;

namespace Stash.Operator.Runner;

/// <summary>
/// Tells the log and the gateway how far a session is, beside it: whatever becomes of a report, the session neither waits nor fails.
/// </summary>
internal sealed partial class ProgressReporter : IAsyncDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Unchanged = RunningSession.Expiry / 4;
    private static readonly TimeSpan LogEvery = TimeSpan.FromSeconds(15);

    private readonly OngoingSession _session;
    private readonly GatewayClient _gateway;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _ending = new();
    private readonly Task[] _work;

    public ProgressReporter(OngoingSession session, GatewayClient gateway, TimeProvider time, ILogger logger)
    {
        _session = session;
        _gateway = gateway;
        _time = time;
        _logger = logger;
        _work = [Task.Run(ReportAsync), Task.Run(LogAsync)];
    }

    /// <summary>Returns when no report is on its way any more, so that none comes after the session's push.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await Task.WhenAll(_work);
        _ending.Dispose();
    }

    private async Task ReportAsync()
    {
        RunningSession? sent = null;
        var sentAt = 0L;
        var failures = 0;
        try
        {
            while (true)
            {
                var now = _session.Running;
                if (!ReferenceEquals(now, sent) || _time.GetElapsedTime(sentAt) >= Unchanged)
                {
                    try
                    {
                        // Not cut off at the session's end: a report that the gateway takes up later than the push would raise the session from the dead.
                        if (!await _gateway.PutRunningAsync(now))
                        {
                            return;
                        }

                        sent = now;
                        sentAt = _time.GetTimestamp();
                        failures = 0;
                    }
                    catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
                    {
                        failures++;
                    }
                }

                await Task.Delay(Tick * Math.Min(1 + failures, 5), _time, _ending.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The session has ended.
        }
    }

    private async Task LogAsync()
    {
        using PeriodicTimer timer = new(LogEvery, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_ending.Token))
            {
                if (_session.Running is { Op: { } op } now)
                {
                    var words = Words(now);
                    LogProgress(now.Namespace, now.Restic, op, now.Path ?? "the repository", words);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The session has ended.
        }
    }

    private static string Words(RunningSession now) => now.Progress is not { } done
        ? "in work"
        : string.Create(CultureInfo.InvariantCulture,
            $"{done:P0}, {Bytes(now.BytesDone)} of {Bytes(now.BytesTotal)}, {now.FilesDone} of {now.FilesTotal} files{(now.SecondsRemaining is { } left ? $", {left:0} s left" : "")}");

    private static string Bytes(long? bytes) => bytes switch
    {
        null => "?",
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:0} kB"),
        < 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.0} MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.00} GB"),
    };

    [LoggerMessage(Level = LogLevel.Information, Message = "{Namespace}/{Restic}: {Op} of {Path}: {Progress}")]
    private partial void LogProgress(string @namespace, string restic, string op, string path, string progress);
}
