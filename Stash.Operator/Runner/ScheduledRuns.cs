using Stash.Core;
using Stash.Core.Restics;

namespace Stash.Operator.Runner;

/// <summary>Runs each Restic of a file by its own schedule until told to stop; takes changes of the file up while it runs.</summary>
internal sealed partial class ScheduledRuns(RunnerContext context, string path, string? only)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    private readonly ILogger _logger = context.Logger;
    private readonly BackupJob _job = new(context);
    private readonly Dictionary<string, (string Schedule, DateTimeOffset Due)> _due = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    /// <summary>Returns when told to stop and the last session has ended.</summary>
    public async Task RunAsync()
    {
        List<Task> loops = [];
        CancellationTokenSource? retired = null;
        string? seen = null;
        while (!context.Signals.Stop.IsCancellationRequested)
        {
            if (ReadIfChanged(ref seen) is { } restics)
            {
                if (retired is not null)
                {
                    LogReloaded(path);
                    await retired.CancelAsync();
                }

                loops.RemoveAll(l => l.IsCompleted);
                retired = CancellationTokenSource.CreateLinkedTokenSource(context.Signals.Stop);
                var token = retired.Token;
                loops.AddRange(restics.Select(r => Task.Run(() => LoopAsync(r, token), CancellationToken.None)));
            }

            await Task.Delay(LookEvery, context.Time, context.Signals.Stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await Task.WhenAll(loops);
    }

    // Null where there is nothing new, or nothing usable.
    private IReadOnlyList<Restic>? ReadIfChanged(ref string? seen)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Between the two steps of an editor's save there is no file.
            return null;
        }

        if (text == seen)
        {
            return null;
        }

        seen = text;
        try
        {
            return ResticChoice.Of(ResticYaml.Parse(text, path, Path.GetDirectoryName(Path.GetFullPath(path))!), only);
        }
        catch (UserErrorException e)
        {
            LogNotReloaded(e.Message);
            return null;
        }
    }

    private async Task LoopAsync(Restic restic, CancellationToken retired)
    {
        try
        {
            if (restic.Paused || restic.Schedule is null || ScheduleOf(restic) is not { } schedule)
            {
                // Says that it is paused, or reports the failed session of a Restic whose schedule is missing or wrong.
                await _job.RunAsync(restic, _ => NextRun.None, scheduled: true);
                return;
            }

            var interval = schedule.LongestInterval(context.Time.GetUtcNow());
            var due = Remembered(restic) ?? schedule.Next(context.Time.GetUtcNow());
            while (due is { } tick)
            {
                Remember(restic, tick);
                var local = tick.ToLocalTime();
                LogNext(restic.Name, local);
                await WaitUntilAsync(tick, retired);
                Remember(restic, schedule.Next(tick));
                await _job.RunAsync(restic, end => new NextRun(Following(schedule, tick, end), interval), scheduled: true);
                due = Following(schedule, tick, context.Time.GetUtcNow());
                retired.ThrowIfCancellationRequested();
            }

            LogNever(restic.Name, restic.Schedule);
        }
        catch (OperationCanceledException)
        {
            // Told to stop, or replaced by what the file says now.
        }
    }

    // However many ticks were missed, one run makes up for them.
    private static DateTimeOffset? Following(Schedule schedule, DateTimeOffset tick, DateTimeOffset now) =>
        schedule.Next(tick) is { } next ? next > now ? next : now : null;

    private static Schedule? ScheduleOf(Restic restic)
    {
        try
        {
            return Schedule.Parse(restic.Schedule!, TimeZoneInfo.Local);
        }
        catch (UserErrorException)
        {
            return null;
        }
    }

    // In short steps: the clock may be set, or the host sleep.
    private async Task WaitUntilAsync(DateTimeOffset moment, CancellationToken cancellationToken)
    {
        while (moment - context.Time.GetUtcNow() is var left && left > TimeSpan.Zero)
        {
            await Task.Delay(left < LongestWait ? left : LongestWait, context.Time, cancellationToken);
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    // A reload must not put an unchanged schedule off.
    private DateTimeOffset? Remembered(Restic restic)
    {
        lock (_lock)
        {
            return _due.TryGetValue(KeyOf(restic), out var known) && known.Schedule == restic.Schedule ? known.Due : null;
        }
    }

    private void Remember(Restic restic, DateTimeOffset? due)
    {
        lock (_lock)
        {
            if (due is { } tick)
            {
                _due[KeyOf(restic)] = (restic.Schedule!, tick);
            }
            else
            {
                _due.Remove(KeyOf(restic));
            }
        }
    }

    private static string KeyOf(Restic restic) => $"{restic.Namespace}/{restic.Name}";

    [LoggerMessage(Level = LogLevel.Information, Message = "{Restic} runs next at {Time:yyyy-MM-dd HH:mm:ss zzz}.")]
    private partial void LogNext(string restic, DateTimeOffset time);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Restic}: its schedule \"{Schedule}\" has no time left to run at.")]
    private partial void LogNever(string restic, string schedule);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Path} has changed and is read anew.")]
    private partial void LogReloaded(string path);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Error} What the file said before stays in effect.")]
    private partial void LogNotReloaded(string error);
}
