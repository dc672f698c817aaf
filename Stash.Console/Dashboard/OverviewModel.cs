using System.Diagnostics;
using Stash.Console.Operator;
using Stash.Core.Sessions;

namespace Stash.Console.Dashboard;

/// <summary>
/// What the overview shows, kept current: read once from the operator, then by live changes. All of it is called on one thread
/// at a time (the page's dispatcher). Where the operator is away it keeps what it has.
/// </summary>
public sealed class OverviewModel(OperatorClient client, TimeProvider time)
{
    private readonly List<LiveChange> _whileLoading = [];
    private readonly Dictionary<string, RunningSession> _running = new(StringComparer.Ordinal);
    private CancellationTokenSource? _loading;
    private bool _stale;

    public OverviewFilter Filter { get; private set; } = new();

    /// <summary>Null until first read.</summary>
    public SessionAggregates? Aggregates { get; private set; }

    /// <summary>Every app and operation that ever had a session, whatever the filter; null until first read.</summary>
    public IReadOnlyList<AppSummary>? KnownApps { get; private set; }

    public SessionPages Succeeded { get; private set; } = new(SessionOutcome.Succeeded);

    public SessionPages Failed { get; private set; } = new(SessionOutcome.Failed);

    /// <summary>Sessions in progress that the filter's names hold for, longest first.</summary>
    public IReadOnlyList<RunningSession> Running { get; private set; } = [];

    /// <summary>Why the last reading failed; null where it did not.</summary>
    public string? Problem { get; private set; }

    /// <summary>True while what is shown is not of this filter yet.</summary>
    public bool IsLoading { get; private set; } = true;

    public bool IsPaused { get; private set; }

    /// <summary>Sessions that arrived while paused.</summary>
    public int WaitingSessions { get; private set; }

    /// <summary>True where aggregates are behind the lists.</summary>
    public bool IsStale => _stale && !IsPaused;

    /// <summary>How long the operator took for the last aggregates.</summary>
    public TimeSpan LastAggregateTime { get; private set; }

    /// <summary>True where no session has ever been pushed.</summary>
    public bool IsJournalEmpty => KnownApps is { Count: 0 } && Running.Count == 0 && Succeeded.Items.Count == 0 && Failed.Items.Count == 0;

    /// <summary>True where sessions exist, but none for this filter.</summary>
    public bool IsFilterEmpty => Aggregates is { Count: 0 } && !IsJournalEmpty;

    public AppHealth HealthOf(AppSummary app) =>
        AppHealthRules.Judge(app, _running.Values.Any(r => r.Namespace == app.Namespace && r.App == app.App && r.Operation == app.Operation), time.GetUtcNow());

    /// <summary>Reads everything for a filter. A newer call ends an older one.</summary>
    /// <returns>False where a newer call has taken over.</returns>
    public async Task<bool> LoadAsync(OverviewFilter filter, CancellationToken cancellationToken)
    {
        // The older call may still hold the source's token: it is cancelled here and let go by its own call.
        if (_loading is { } older)
        {
            await older.CancelAsync();
        }

        using var source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _loading = source;
        var changed = !filter.Equals(Filter);
        IsLoading = changed || Aggregates is null;
        Filter = filter;
        try
        {
            var now = time.GetUtcNow();
            var token = source.Token;
            var aggregates = client.AggregatesAsync(filter.ToQuery(now), null, token);
            var apps = client.AppsAsync(token);
            var succeeded = client.SessionsAsync(filter.ToQuery(now, SessionOutcome.Succeeded), SessionPages.PageSize, null, token);
            var failed = client.SessionsAsync(filter.ToQuery(now, SessionOutcome.Failed), SessionPages.PageSize, null, token);
            var running = client.RunningAsync(token);
            await Task.WhenAll(aggregates, apps, succeeded, failed, running);
            if (_loading != source)
            {
                return false;
            }

            Aggregates = await aggregates;
            KnownApps = (await apps).Items;
            if (changed)
            {
                Succeeded = new SessionPages(SessionOutcome.Succeeded);
                Failed = new SessionPages(SessionOutcome.Failed);
            }

            Succeeded.Replace(await succeeded);
            Failed.Replace(await failed);
            _running.Clear();
            foreach (var session in (await running).Items)
            {
                _running[session.Id] = session;
            }

            Problem = null;
            WaitingSessions = 0;
            _stale = false;
            IsLoading = false;
        }
        catch (OperationCanceledException) when (source.IsCancellationRequested)
        {
            return false;
        }
        catch (OperatorException e)
        {
            if (_loading != source)
            {
                return false;
            }

            Problem = e.Message;
        }

        _loading = null;
        var missed = _whileLoading.ToArray();
        _whileLoading.Clear();
        foreach (var change in missed)
        {
            Apply(change);
        }

        ListRunning();
        return true;
    }

    /// <summary>Reads the aggregates again, and the apps where a new one came.</summary>
    /// <returns>True where they changed.</returns>
    public async Task<bool> RefreshAsync(CancellationToken cancellationToken)
    {
        if (_loading is not null || Aggregates is null)
        {
            return false;
        }

        _stale = false;
        var filter = Filter;
        var watch = Stopwatch.StartNew();
        try
        {
            var now = time.GetUtcNow();
            var aggregates = await client.AggregatesAsync(filter.ToQuery(now), null, cancellationToken);
            var apps = KnownApps;
            if (aggregates.Apps.Any(a => !IsKnown(a.Namespace, a.App, a.Operation)))
            {
                apps = (await client.AppsAsync(cancellationToken)).Items;
            }

            if (_loading is not null || !filter.Equals(Filter) || IsPaused)
            {
                return false;
            }

            Aggregates = aggregates;
            KnownApps = apps;
            Problem = null;
            return true;
        }
        catch (OperatorException e)
        {
            _stale = true;
            Problem = e.Message;
            return true;
        }
        finally
        {
            LastAggregateTime = watch.Elapsed;
        }
    }

    /// <summary>Reads the next page of a list.</summary>
    public async Task LoadMoreAsync(SessionPages pages, CancellationToken cancellationToken)
    {
        if (!pages.HasMore || pages.IsLoadingMore)
        {
            return;
        }

        pages.IsLoadingMore = true;
        try
        {
            pages.Append(await client.SessionsAsync(Filter.ToQuery(time.GetUtcNow(), pages.Outcome), SessionPages.PageSize, pages.Continue, cancellationToken));
            Problem = null;
        }
        catch (OperatorException e)
        {
            Problem = e.Message;
        }
        finally
        {
            pages.IsLoadingMore = false;
        }
    }

    /// <summary>Takes a live change.</summary>
    /// <returns>True where everything has to be read anew.</returns>
    public bool Apply(LiveChange change)
    {
        if (_loading is not null)
        {
            _whileLoading.Add(change);
            return false;
        }

        switch (change)
        {
            case LiveChange.Reset:
                return !IsPaused;
            case LiveChange.StateChanged { State.Connection: LiveConnection.Connected }:
                return Problem is not null || Aggregates is null;
            case LiveChange.SessionRunning running:
                _running[running.Session.Id] = running.Session;
                ListRunning();
                return false;
            case LiveChange.SessionEnded ended:
                _running.Remove(ended.Id);
                ListRunning();
                return false;
            case LiveChange.SessionAdded added:
                _running.Remove(added.Session.Id);
                ListRunning();
                return Add(added.Session);
            default:
                return false;
        }
    }

    public void Pause() => IsPaused = true;

    /// <summary>Goes on; the caller reads everything anew.</summary>
    public void Resume() => IsPaused = false;

    private bool Add(Session session)
    {
        if (Aggregates is null || !Filter.Matches(session, time.GetUtcNow()))
        {
            // Another app's first session belongs into the pickers all the same.
            _stale |= !IsKnown(session.Namespace, session.App, session.Operation);
            return KnownApps is { Count: 0 };
        }

        if (IsPaused)
        {
            WaitingSessions++;
            return false;
        }

        var pages = session.Outcome == SessionOutcome.Failed ? Failed : Succeeded;
        _stale |= pages.Add(session);
        return pages.IsOvergrown || KnownApps is { Count: 0 };
    }

    private bool IsKnown(string @namespace, string app, string operation) =>
        KnownApps?.Any(a => a.Namespace == @namespace && a.App == app && a.Operation == operation) == true;

    private void ListRunning()
    {
        if (!IsPaused)
        {
            Running = [.. _running.Values.Where(r => Filter.Matches(r.Namespace, r.App)).OrderBy(r => r.StartTime).ThenBy(r => r.Id, StringComparer.Ordinal)];
        }
    }
}
