using System.Text.Json;

namespace Stash.Operator.Runner;

/// <summary>
/// Delivers pushes to one gateway in the background: what waits in the spool from earlier runs first, then each as it comes.
/// Retries with backoff for as long as it lives.
/// </summary>
internal sealed partial class PushDelivery : IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);

    private readonly GatewayClient _gateway;
    private readonly PushSpool _spool;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _ending = new();
    private readonly SemaphoreSlim _wake = new(1);
    private readonly Lock _lock = new();
    private readonly List<PendingPush> _unspooled = [];
    private readonly Task _work;
    private TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _attempt = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _away;

    public PushDelivery(GatewayClient gateway, PushSpool spool, TimeProvider time, ILogger logger)
    {
        _gateway = gateway;
        _spool = spool;
        _time = time;
        _logger = logger;
        _work = Task.Run(WorkAsync);
    }

    /// <summary>Takes a push over. It is on the disk when this returns, and so survives the end of this process.</summary>
    public void Enqueue(PendingPush push)
    {
        lock (_lock)
        {
            if (_idle.Task.IsCompleted)
            {
                _idle = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            if (_attempt.Task.IsCompleted)
            {
                _attempt = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            // One that could not be written before goes first.
            _unspooled.Add(push);
            try
            {
                while (_unspooled.Count > 0)
                {
                    _spool.Add(_unspooled[0], _time.GetUtcNow());
                    _unspooled.RemoveAt(0);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                LogNotSpooled(e, _spool.Root);
            }
        }

        _wake.Release();
    }

    /// <summary>Waits until everything is delivered, for at most a time; each push is tried at least once.</summary>
    /// <returns>How many pushes are not delivered: kept on disk, and in memory only (they are lost when the process ends).</returns>
    public async Task<(int Kept, int Lost)> DrainAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        Task idle;
        Task attempt;
        lock (_lock)
        {
            idle = _idle.Task;
            attempt = _attempt.Task;
        }

        try
        {
            await Task.WhenAny(idle, attempt).WaitAsync(cancellationToken);
            await idle.WaitAsync(limit, _time, cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            // What is left is counted below.
        }

        await StopAsync();
        lock (_lock)
        {
            return (SpoolCount(), _unspooled.Count);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _ending.Dispose();
        _wake.Dispose();
    }

    private async Task StopAsync()
    {
        await _ending.CancelAsync();
        await _work;
    }

    private async Task WorkAsync()
    {
        var pause = FirstPause;
        try
        {
            while (true)
            {
                await _wake.WaitAsync(_ending.Token);
                while (!await TryDeliverAllAsync())
                {
                    lock (_lock)
                    {
                        _attempt.TrySetResult();
                    }

                    await Task.Delay(pause, _time, _ending.Token);
                    pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
                }

                pause = FirstPause;
            }
        }
        catch (OperationCanceledException)
        {
            // Ending.
        }
    }

    // True where nothing is left.
    private async Task<bool> TryDeliverAllAsync()
    {
        try
        {
            await using var right = await _spool.LockAsync(_ending.Token);
            var complete = await DeliverSpooledAsync() && await DeliverUnspooledAsync();
            lock (_lock)
            {
                // A push that came meanwhile has its own wake-up.
                if (complete && _unspooled.Count == 0 && SpoolCount() == 0)
                {
                    _idle.TrySetResult();
                }
            }

            return complete;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogSpoolUnusable(e, _spool.Root);
            var complete = await DeliverUnspooledAsync();
            lock (_lock)
            {
                if (complete && _unspooled.Count == 0)
                {
                    _idle.TrySetResult();
                }
            }

            return complete;
        }
    }

    private int SpoolCount()
    {
        try
        {
            return _spool.Waiting().Count;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    private async Task<bool> DeliverSpooledAsync()
    {
        // Groups that wait for a busy gateway: what follows in the same group must not overtake.
        HashSet<string> blocked = new(StringComparer.Ordinal);
        foreach (var file in _spool.Waiting())
        {
            PendingPush? push;
            try
            {
                push = PushSpool.Read(file);
            }
            catch (JsonException)
            {
                LogDamaged(_spool.PutAside(file));
                continue;
            }

            if (push is null || blocked.Contains(push.Path))
            {
                continue;
            }

            switch (await SendAsync(push))
            {
                case PushAnswer.Accepted:
                    File.Delete(file);
                    break;
                case PushAnswer.Refused:
                    LogKeptAside(_spool.PutAside(file));
                    break;
                case PushAnswer.Busy:
                    blocked.Add(push.Path);
                    break;
                default:
                    return false;
            }
        }

        return blocked.Count == 0;
    }

    private async Task<bool> DeliverUnspooledAsync()
    {
        while (true)
        {
            PendingPush push;
            lock (_lock)
            {
                if (_unspooled.Count == 0)
                {
                    return true;
                }

                push = _unspooled[0];
            }

            if (await SendAsync(push) is PushAnswer.Busy or PushAnswer.Away)
            {
                return false;
            }

            lock (_lock)
            {
                _unspooled.Remove(push);
            }
        }
    }

    private async Task<PushAnswer> SendAsync(PendingPush push)
    {
        // One that is on its way gets a moment to arrive, so that it need not go again.
        using CancellationTokenSource cut = new();
        await using var registration = _ending.Token.Register(() => cut.CancelAfter(TimeSpan.FromSeconds(1)));
        var (answer, reason) = await _gateway.PushAsync(push, cut.Token);
        if (answer == PushAnswer.Refused)
        {
            LogRefused(_gateway.Address, push.Path, reason);
            if (reason.Contains("inconsistent with existing metrics", StringComparison.Ordinal))
            {
                LogInconsistent(_gateway.Address);
            }
        }

        if (answer is PushAnswer.Busy or PushAnswer.Away)
        {
            // Once per outage, not once per try.
            if (!_away)
            {
                LogAway(_gateway.Address, reason);
            }

            _away = true;
        }
        else if (_away)
        {
            _away = false;
            LogBack(_gateway.Address);
        }

        return answer;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The push gateway {Address} does not take reports ({Reason}); they wait on disk, and it is tried again.")]
    private partial void LogAway(string address, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The push gateway {Address} takes reports again.")]
    private partial void LogBack(string address);

    [LoggerMessage(Level = LogLevel.Error, Message = "The push gateway {Address} refused the report {Path}: {Reason}")]
    private partial void LogRefused(string address, string path, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Another group of that push gateway has a metric of this name as another type, as after a push made by hand without # TYPE lines: find it with curl {Address}/metrics, delete it with curl -X DELETE {Address}/metrics/job/… and the rest of its labels, then have the report sent again.")]
    private partial void LogInconsistent(string address);

    [LoggerMessage(Level = LogLevel.Error, Message = "The refused report is kept as {File}. It is not sent again by itself: move it back one folder to have it sent.")]
    private partial void LogKeptAside(string file);

    [LoggerMessage(Level = LogLevel.Error, Message = "A report that waited is damaged and kept as {File}.")]
    private partial void LogDamaged(string file);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The report cannot be kept in the state folder {Folder}; it is sent from memory, and is lost where stash ends before that: see that the disk has space and this user may write there, or name another folder with --state-dir.")]
    private partial void LogNotSpooled(Exception exception, string folder);

    [LoggerMessage(Level = LogLevel.Error, Message = "Reports that wait in the state folder {Folder} cannot be read or taken away: see that this user may read and write there. Those of this run are sent from memory.")]
    private partial void LogSpoolUnusable(Exception exception, string folder);
}
