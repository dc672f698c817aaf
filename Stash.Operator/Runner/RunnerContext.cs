using Stash.Core;
using Stash.Core.Configuration;
using Stash.Core.Exposition;
using Stash.Core.Restics;

namespace Stash.Operator.Runner;

/// <summary>What the flags said.</summary>
internal sealed record RunnerSettings
{
    public required string GatewayUrl { get; init; }

    public GatewayAccess GatewayAccess { get; init; } = new();

    /// <summary>Null for the default.</summary>
    public string? StateDirectory { get; init; }

    public string? ScratchDirectory { get; init; }

    public string? PodLabelsFile { get; init; }

    public string? Namespace { get; init; }

    public string? WorkloadKind { get; init; }

    public string? WorkloadName { get; init; }

    /// <summary>How long the end of the process waits for a gateway that is away.</summary>
    public required TimeSpan PushTimeout { get; init; }
}

/// <summary>What all sessions of one process share.</summary>
internal sealed partial class RunnerContext : IAsyncDisposable
{
    public const string DefaultKind = "Host";
    public const string DefaultNamespace = "default";

    private readonly RunnerSettings _settings;
    private readonly IReadOnlyList<Label> _podLabels;
    private StateFolder? _state;
    private PushDelivery? _delivery;
    private string? _cache;

    private RunnerContext(RunnerSettings settings, IReadOnlyList<Label> podLabels, GatewayClient gateway, StopSignals signals, TimeProvider time, ILogger logger)
    {
        _settings = settings;
        _podLabels = podLabels;
        Gateway = gateway;
        Signals = signals;
        Time = time;
        Logger = logger;
    }

    public StateFolder State => _state ??= OpenState(_settings.StateDirectory, Logger);

    public GatewayClient Gateway { get; }

    public StopSignals Signals { get; }

    public TimeProvider Time { get; }

    public ILogger Logger { get; }

    public LastSuccess LastSuccess => new(State);

    public PushDelivery Delivery => _delivery ?? throw new InvalidOperationException("This command reports nothing.");

    /// <summary>restic's cache; null where none can be had.</summary>
    public string? CacheDirectory => _cache ??= Cache(_settings.ScratchDirectory, Logger);

    /// <exception cref="UserErrorException">A flag is wrong (exit code 2).</exception>
    public static RunnerContext Open(RunnerSettings settings, StopSignals signals, TimeProvider time, ILogger logger)
    {
        var podLabels = settings.PodLabelsFile is { } file ? PodLabels.Read(file) : [];
        GatewayClient gateway = new(settings.GatewayUrl, settings.GatewayAccess);
        return new RunnerContext(settings, podLabels, gateway, signals, time, logger);
    }

    /// <summary>Begins to deliver: first what earlier runs left.</summary>
    public void BeginDelivery() => _delivery = new PushDelivery(Gateway, new PushSpool(State, Gateway.Address), Time, Logger);

    public SessionIdentity IdentityOf(Restic restic, string? op) => new()
    {
        Namespace = _settings.Namespace ?? restic.Namespace ?? DefaultNamespace,
        Restic = restic.Name,
        App = WorkloadNameOf(restic),
        Kind = _settings.WorkloadKind ?? DefaultKind,
        PodLabels = _podLabels,
        Op = op,
    };

    /// <summary>The workload's name; restic has it as the snapshots' host, so that they stay together on whatever machine they are made.</summary>
    public string WorkloadNameOf(Restic restic) => _settings.WorkloadName ?? restic.Name;

    /// <summary>The end of the process: waits a while for the gateway, and says what it did not get.</summary>
    public async Task EndAsync()
    {
        if (_delivery is null)
        {
            return;
        }

        var (kept, lost) = await Delivery.DrainAsync(Signals.Stop.IsCancellationRequested ? TimeSpan.FromSeconds(Math.Min(5, _settings.PushTimeout.TotalSeconds)) : _settings.PushTimeout, Signals.Abort);
        if (kept > 0)
        {
            LogKept(Logger, kept, Gateway.Address);
        }

        if (lost > 0)
        {
            LogLost(Logger, lost, Gateway.Address);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_delivery is not null)
        {
            await _delivery.DisposeAsync();
        }

        Gateway.Dispose();
    }

    // A backup without a memory is better than none.
    private static StateFolder OpenState(string? path, ILogger logger)
    {
        var temporary = StateFolder.TemporaryPath();
        try
        {
            path ??= StateFolder.DefaultPath();
            return StateFolder.Open(path);
        }
        catch (UserErrorException e)
        {
            LogStateUnusable(logger, e.Message, temporary);
        }

        try
        {
            return StateFolder.OpenTemporary(temporary);
        }
        catch (UserErrorException e)
        {
            // Sessions fail for want of a lock then, and say so.
            LogNoState(logger, e.Message);
            return StateFolder.Unchecked(path ?? "/nonexistent/stash");
        }
    }

    private static string? Cache(string? scratch, ILogger logger)
    {
        try
        {
            var root = Path.GetFullPath(scratch ?? UserFolder.Of("XDG_CACHE_HOME", ".cache", "--scratch-dir DIR"));
            try
            {
                return Directory.CreateDirectory(Path.Combine(root, "restic-cache"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new UserErrorException($"The scratch folder {root} cannot be made: name another with --scratch-dir.", inner: e);
            }
        }
        catch (UserErrorException e)
        {
            LogNoCache(logger, e.Message);
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Error} Until then {Folder} is used.")]
    private static partial void LogStateUnusable(ILogger logger, string error, string folder);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Error} Reports are kept in memory alone.")]
    private static partial void LogNoState(ILogger logger, string error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Error} Until then restic runs without its cache, which is slower.")]
    private static partial void LogNoCache(ILogger logger, string error);

    [LoggerMessage(Level = LogLevel.Error, Message = "Not delivered: {Count} reports wait on disk for the push gateway {Address}; the next run with the same state folder sends them.")]
    private static partial void LogKept(ILogger logger, int count, string address);

    [LoggerMessage(Level = LogLevel.Error, Message = "LOST: {Count} reports could be neither delivered to the push gateway {Address} nor kept on disk.")]
    private static partial void LogLost(ILogger logger, int count, string address);
}
