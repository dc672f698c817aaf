using System.Collections.Concurrent;
using System.Text;
using Stash.Core;
using Stash.Core.Configuration;

namespace Stash.Operator.Audit;

/// <summary>
/// The record of changes. Before a change, room for its line is set aside; without that, it is not to be made. A line that could not be written all
/// the same goes to the operator's own log and is tried again, and until it is written there is no further change.
/// </summary>
internal sealed partial class AuditLog : IDisposable
{
    /// <summary>For those before; a disk that hangs is told as one that cannot be written.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan LongestEnd = TimeSpan.FromSeconds(2);

    private readonly IAuditSink _sink;
    private readonly AuditMetrics _metrics;
    private readonly ILogger<AuditLog> _logger;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly ConcurrentQueue<byte[]> _owed = new();
    private int _reserved;
    private string? _problem;

    public AuditLog(IAuditSink sink, AuditMetrics metrics, ILogger<AuditLog> logger) => (_sink, _metrics, _logger) = (sink, metrics, logger);

    /// <summary>Where the options say.</summary>
    public static IAuditSink Sink(StashOptions options, DataFolder data, TimeProvider time, ILogger<AuditLog> logger) => options.Audit.LogPath is AuditOptions.StandardOutput
        ? new AuditOutput()
        : new AuditFile(options.Audit.LogPath ?? data.In("audit.log"), options.Audit, time, logger);

    /// <summary>Tries it at start: a path that somebody chose and that cannot be one is told at once. All else may pass, and is no reason not to take pushes.</summary>
    /// <exception cref="UserErrorException">The path cannot be written.</exception>
    public void Try(AuditOptions options)
    {
        try
        {
            _sink.Reserve(1);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (options.LogPath is { } chosen && (e.HResult & 0xFFFF) is not (Posix.NoSpace or Posix.OverQuota))
            {
                throw new UserErrorException($"--audit-log-path (Stash:Audit:LogPath) is \"{chosen}\", which cannot be written: {AuditException.Reason(e)}.", inner: e);
            }

            Fails(e);
        }
    }

    /// <summary>Sets room for a line aside; <see cref="WriteAsync"/> then takes it.</summary>
    /// <returns>Null, or why the log cannot be written, with the remedy.</returns>
    public Task<string?> ReserveAsync(CancellationToken cancellationToken) => TryAsync(1, cancellationToken);

    /// <summary>Whether a line could be written now.</summary>
    /// <returns>Null, or why not, with the remedy.</returns>
    public Task<string?> ProbeAsync(CancellationToken cancellationToken) => TryAsync(0, cancellationToken);

    /// <summary>Gives the room for a line back.</summary>
    public void Release() => Interlocked.Decrement(ref _reserved);

    /// <summary>Writes a line for which room was set aside. Done when it is durable, or was told as missing.</summary>
    /// <param name="line">At most <see cref="IAuditSink.MaxLine"/> bytes, with a newline at its end and none before.</param>
    public async Task WriteAsync(byte[] line)
    {
        Release();
        var mine = await _turn.WaitAsync(LongestWait);
        try
        {
            if (!mine)
            {
                throw new AuditException("its disk does not answer: see that it does");
            }

            Settle();
            _sink.Write(line);
            _metrics.Events.Inc();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _owed.Enqueue(line);
            var (problem, text) = (AuditException.Reason(e), Encoding.UTF8.GetString(line).TrimEnd('\n'));
            LogMissing(_logger, e, problem, text);
            Fails(e);
        }
        finally
        {
            if (mine)
            {
                _turn.Release();
            }
        }
    }

    public void Dispose()
    {
        // What was cut off at the end of the grace may be about to write.
        SpinWait.SpinUntil(() => Volatile.Read(ref _reserved) == 0, LongestEnd);
        try
        {
            Settle();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Told when it happened.
            LogLeft(_logger, e, _owed.Count);
        }

        _sink.Dispose();
        _turn.Dispose();
    }

    private async Task<string?> TryAsync(int lines, CancellationToken cancellationToken)
    {
        if (!await _turn.WaitAsync(LongestWait, cancellationToken))
        {
            return "its disk does not answer: see that it does";
        }

        try
        {
            Settle();
            _sink.Reserve(Volatile.Read(ref _reserved) + 1);
            Interlocked.Add(ref _reserved, lines);
            Works();
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Fails(e);
            return AuditException.Reason(e);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Writes what could not be written before.</summary>
    private void Settle()
    {
        while (_owed.TryPeek(out var line))
        {
            _sink.Write(line);
            _metrics.Events.Inc();
            _owed.TryDequeue(out _);
        }
    }

    private void Fails(Exception e)
    {
        _metrics.Errors.Inc();
        _metrics.Available.Set(0);
        var problem = AuditException.Reason(e);
        if (Interlocked.Exchange(ref _problem, problem) != problem)
        {
            LogFails(_logger, e, problem);
        }
    }

    private void Works()
    {
        _metrics.Available.Set(1);
        if (Interlocked.Exchange(ref _problem, null) is not null)
        {
            LogWorks(_logger);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The audit log cannot be written, and changes over the API are refused until it can: {Problem}")]
    private static partial void LogFails(ILogger logger, Exception exception, string problem);

    [LoggerMessage(Level = LogLevel.Information, Message = "The audit log can be written again")]
    private static partial void LogWorks(ILogger logger);

    [LoggerMessage(Level = LogLevel.Critical, Message = "A change is made that the audit log does not yet have ({Problem}); changes are refused until it has. The record: {Line}")]
    private static partial void LogMissing(ILogger logger, Exception exception, string problem, string line);

    [LoggerMessage(Level = LogLevel.Critical, Message = "The audit log lacks {Count} records to the end; they are in this log where it says that a change is made that the audit log does not yet have")]
    private static partial void LogLeft(ILogger logger, Exception exception, int count);
}
