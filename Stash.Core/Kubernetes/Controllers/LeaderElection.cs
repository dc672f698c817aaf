using k8s;
using k8s.Autorest;
using Microsoft.Extensions.Logging;

namespace Stash.Core.Kubernetes.Controllers;

/// <summary>Who stands for election, and by which Lease.</summary>
/// <param name="Namespace">The Lease's.</param>
/// <param name="Name">The Lease's.</param>
/// <param name="Identity">This process, and no other one: a pod's name alone is not enough, since its container may be started again.</param>
public sealed record LeaderElectionOptions(string Namespace, string Name, string Identity)
{
    /// <summary>How long others wait after they saw the last renewal; whole seconds.</summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long after its last renewal the leader stops leading: before others may, by as much as its work needs to stop.</summary>
    public TimeSpan RenewDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often the leader renews, and others look.</summary>
    public TimeSpan RetryPeriod { get; init; } = TimeSpan.FromSeconds(2);
}

/// <summary>
/// Leads where it holds a Lease. Times are this process's own monotonic ones; clocks of different machines are never compared.
/// The leader counts from before it asked for a renewal, others from when they saw it, so it stops before they start.
/// </summary>
public sealed partial class LeaderElection(IKubernetes client, LeaderElectionOptions options, TimeProvider time, ILogger<LeaderElection> logger)
{
    private readonly LeaseRecord _record = new(client, options, time);
    private long _renewed;
    private volatile bool _leads;
    private ClusterProblem? _problem;
    private string? _told;

    /// <summary>Whether this process may act as the leader now. Ask again before each change: it ends also where the process was stopped for a time.</summary>
    public bool IsLeader => _leads && Remaining > TimeSpan.Zero;

    /// <summary>Who leads, as health and metrics tell it.</summary>
    public string Leader => IsLeader ? $"this process, {options.Identity}: it holds the Lease {options.Name}" : _record.Holder is { Length: > 0 } other ? other : "nobody";

    /// <summary>The Lease's holder as last seen; null for nobody.</summary>
    public string? Holder => _record.Holder;

    /// <summary>What keeps it from asking for the Lease; null where nothing does.</summary>
    public ClusterProblem? Problem => Volatile.Read(ref _problem);

    /// <summary>Not negative.</summary>
    private TimeSpan Remaining => options.RenewDeadline - Least(time.GetElapsedTime(Interlocked.Read(ref _renewed)), options.RenewDeadline);

    /// <summary>Stands for election until it is cancelled; each time it leads, it runs the work.</summary>
    /// <param name="lead">What only one may do. Its token is cancelled when this process leads no more; it must end within <see cref="LeaderElectionOptions.LeaseDuration"/> less <see cref="LeaderElectionOptions.RenewDeadline"/> then.</param>
    /// <param name="stop">Ends the work, then gives the Lease back, so that another one leads at once.</param>
    public async Task RunAsync(Func<CancellationToken, Task> lead, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            // Not cancelled with the rest: it would be open whether the Lease was taken, and it would not be given back.
            if (await TryAsync(_record.TryAcquireAsync, KubernetesConnection.RequestTimeout) == LeaseAnswer.Held)
            {
                await LeadAsync(lead, stop);
            }

            var wait = _record.FreeIn is { } free && free > TimeSpan.Zero && free < options.RetryPeriod ? free : options.RetryPeriod;
            await Task.Delay(wait, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task LeadAsync(Func<CancellationToken, Task> lead, CancellationToken stop)
    {
        using CancellationTokenSource term = new(Remaining, time);
        _leads = true;
        LogLeads(logger, options.Identity, options.Namespace, options.Name);
        var work = Task.Run(() => lead(term.Token), CancellationToken.None);
        await using (stop.Register(term.Cancel))
        {
            while (!work.IsCompleted && Remaining > TimeSpan.Zero)
            {
                await Task.WhenAny(work, Task.Delay(Least(options.RetryPeriod, Remaining), time, CancellationToken.None));
                if (work.IsCompleted || Remaining <= TimeSpan.Zero)
                {
                    break;
                }

                var answer = await TryAsync(_record.RenewAsync, Remaining);
                if (answer == LeaseAnswer.Lost)
                {
                    break;
                }

                if (answer == LeaseAnswer.Held)
                {
                    term.CancelAfter(Remaining);
                }
            }

            var ours = work.IsCompleted && IsLeader;
            _leads = ours;
            await term.CancelAsync();
            await EndAsync(work);
            _leads = false;
            if (ours)
            {
                await TryAsync(_record.ReleaseAsync, Remaining);
            }

            LogLeadsNoMore(logger, options.Identity, ours ? "it was given back" : "it could not be renewed in time, or another one has it");
        }
    }

    private async Task EndAsync(Task work)
    {
        try
        {
            await work;
        }
        catch (OperationCanceledException)
        {
            // Asked for.
        }
        catch (Exception e)
        {
            LogWorkFailed(logger, e);
        }
    }

    /// <summary>One request or two, in a bounded time.</summary>
    private async Task<LeaseAnswer> TryAsync(Func<CancellationToken, Task<LeaseAnswer>> ask, TimeSpan most)
    {
        using CancellationTokenSource guard = new(Least(most, KubernetesConnection.RequestTimeout), time);
        var began = time.GetTimestamp();
        try
        {
            var answer = await ask(guard.Token);
            if (answer == LeaseAnswer.Held)
            {
                Interlocked.Exchange(ref _renewed, began);
            }

            Volatile.Write(ref _problem, null);
            if (_record.Holder is { Length: > 0 } holder && _told != holder)
            {
                _told = holder;
                LogLeader(logger, holder);
            }

            return answer;
        }
        catch (Exception e)
        {
            var problem = ClusterProblem.Of(e, $"get, create and update the Lease {options.Name} in namespace {options.Namespace}", "give its service account that right");
            if (Interlocked.Exchange(ref _problem, problem) != problem)
            {
                LogProblem(logger, problem.Message, (e as HttpOperationException)?.Response?.Content ?? e.Message);
            }

            return LeaseAnswer.NotHeld;
        }
    }

    private static TimeSpan Least(TimeSpan a, TimeSpan b) => a < b ? a : b;

    [LoggerMessage(Level = LogLevel.Information, Message = "This process, {Identity}, leads: it holds the Lease {Name} in namespace {Namespace}")]
    private static partial void LogLeads(ILogger logger, string identity, string @namespace, string name);

    [LoggerMessage(Level = LogLevel.Information, Message = "This process, {Identity}, leads no more: its Lease ended, since {Reason}")]
    private static partial void LogLeadsNoMore(ILogger logger, string identity, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The leader is {Holder}")]
    private static partial void LogLeader(ILogger logger, string holder);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Election of a leader: {Problem} It is tried again. ({Detail})")]
    private static partial void LogProblem(ILogger logger, string problem, string detail);

    [LoggerMessage(Level = LogLevel.Error, Message = "What the leader does has ended with a failure; it stands for election again")]
    private static partial void LogWorkFailed(ILogger logger, Exception exception);
}
