using Microsoft.AspNetCore.Components;
using Stash.Console.Charts;
using Stash.Console.Dashboard;
using Stash.Console.Formats;
using Stash.Console.Operator;
using Stash.Console.People;
using Stash.Core.Sessions;

namespace Stash.Console.Components.Pages;

/// <summary>
/// All sessions at a glance, live: the panels of the Grafana dashboard that Stash 0.8.3 came with, what runs now, and which apps
/// need a look. Its filter is its URL's query.
/// </summary>
[Needs(Sight.Sessions)]
public sealed partial class Overview : IDisposable
{
    private static readonly (DurationStatistic Statistic, string Label)[] Statistics =
        [(DurationStatistic.Median, "Median"), (DurationStatistic.P95, "95 %"), (DurationStatistic.Longest, "Longest")];

    /// <summary>A range up to now moves on also where nothing arrives, and an app becomes overdue by nothing happening.</summary>
    private static readonly TimeSpan MoveOn = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan LeastRefreshPause = TimeSpan.FromMilliseconds(500);

    private readonly CancellationTokenSource _leaving = new();
    private readonly CancellationToken _gone;
    private LiveBatch? _live;
    private ITimer? _clock;
    private ChartData? _success;
    private ChartData? _fail;
    private ChartData? _durations;
    private SessionAggregates? _charted;
    private DurationStatistic _statistic;
    private bool _refreshing;

    public Overview() => _gone = _leaving.Token;

    [Inject]
    public required OperatorClient Operator { get; set; }

    [Inject]
    public required LiveFeed Feed { get; set; }

    [Inject]
    public required NavigationManager Navigation { get; set; }

    [Inject]
    public required TimeProvider Time { get; set; }

    private OverviewModel Model { get; set; } = null!;

    private OverviewFilter Filter { get; set; } = new();

    /// <summary>Null while there is nothing of this filter to show.</summary>
    private SessionAggregates? Shown => Model.IsLoading ? null : Model.Aggregates;

    private int LateApps => CountApps(a => Model.HealthOf(a) is AppHealth.Overdue or AppHealth.Missing);

    private string FailedNote
    {
        get
        {
            var failing = CountApps(a => a.LastOutcome == SessionOutcome.Failed);
            return failing == 0 ? "no app fails now" : failing == 1 ? "1 app fails now" : $"{Humane.Count(failing)} apps fail now";
        }
    }

    private string SuccessNote => Shown is { Count: > 0 } shown ? $"{Humane.Percent((double)(shown.Count - shown.Failures) / shown.Count)} of {Humane.Count(shown.Count, "session", "sessions")}" : "no sessions";

    private string LiveText => (Model.IsPaused, Model.WaitingSessions) switch
    {
        (false, _) => "Pause",
        (true, 0) => "Paused: go on",
        (true, var waiting) => $"Paused: {Humane.Count(waiting)} new",
    };

    private IReadOnlyList<string> NamespaceOptions => NamesOf(Model.KnownApps?.Select(a => a.Namespace));

    private IReadOnlyList<string> AppOptions => NamesOf(Model.KnownApps?
        .Where(a => Filter.Namespaces.Count == 0 || Filter.Namespaces.Contains(a.Namespace, StringComparer.Ordinal))
        .Select(a => a.App));

    protected override void OnInitialized()
    {
        Model = new OverviewModel(Operator, Time);
        if (!RendererInfo.IsInteractive)
        {
            return;
        }

        _live = new LiveBatch(Feed, Time, changes => InvokeAsync(() => TakeAsync(changes)));
        _clock = Time.CreateTimer(_ => _ = InvokeAsync(MoveOnAsync), null, MoveOn, MoveOn);
        Navigation.LocationChanged += OnLocationChanged;
    }

    protected override async Task OnInitializedAsync()
    {
        Filter = OverviewFilter.FromUri(Navigation.Uri);
        if (RendererInfo.IsInteractive)
        {
            await LoadAsync();
        }
    }

    public void Dispose()
    {
        Navigation.LocationChanged -= OnLocationChanged;
        _live?.Dispose();
        _clock?.Dispose();
        _leaving.Cancel();
        _leaving.Dispose();
    }

    private static IReadOnlyList<string> NamesOf(IEnumerable<string>? names) =>
        [.. (names ?? []).Where(n => n.Length > 0).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>An app whose backup and check both fail is one app.</summary>
    private int CountApps(Func<AppSummary, bool> holds) => Shown?.Apps.Where(holds).DistinctBy(a => (a.Namespace, a.App)).Count() ?? 0;

    private void Go(OverviewFilter filter) => Navigation.NavigateTo(filter.ToPath());

    private void OnLocationChanged(object? sender, Microsoft.AspNetCore.Components.Routing.LocationChangedEventArgs e)
    {
        if (new Uri(e.Location).AbsolutePath != "/")
        {
            return;
        }

        _ = InvokeAsync(async () =>
        {
            var filter = OverviewFilter.FromUri(e.Location);
            if (!filter.Equals(Filter))
            {
                Filter = filter;
                await LoadAsync();
            }
        });
    }

    private async Task LoadAsync()
    {
        var loading = Model.LoadAsync(Filter, _gone);
        Chart();
        StateHasChanged();
        if (await loading)
        {
            Chart();
            StateHasChanged();
        }
    }

    private Task ReloadAsync() => LoadAsync();

    private async Task PauseOrResumeAsync()
    {
        if (Model.IsPaused)
        {
            Model.Resume();
            await LoadAsync();
        }
        else
        {
            Model.Pause();
        }
    }

    private async Task MoreAsync(SessionPages pages)
    {
        var more = Model.LoadMoreAsync(pages, _gone);
        StateHasChanged();
        await more;
    }

    private void Choose(DurationStatistic statistic)
    {
        _statistic = statistic;
        _charted = null;
        Chart();
    }

    private async Task TakeAsync(IReadOnlyList<LiveChange> changes)
    {
        if (_gone.IsCancellationRequested)
        {
            return;
        }

        var readAnew = false;
        foreach (var change in changes)
        {
            readAnew |= Model.Apply(change);
        }

        if (readAnew)
        {
            await LoadAsync();
            return;
        }

        StateHasChanged();
        if (Model.IsStale)
        {
            _ = RefreshAsync();
        }
    }

    /// <summary>Reads the aggregates again until they are current, with pauses in proportion to what that costs the operator.</summary>
    private async Task RefreshAsync()
    {
        if (_refreshing)
        {
            return;
        }

        _refreshing = true;
        try
        {
            do
            {
                if (await Model.RefreshAsync(_gone))
                {
                    Chart();
                    StateHasChanged();
                }

                var pause = 5 * Model.LastAggregateTime;
                await Task.Delay(pause > LeastRefreshPause ? pause : LeastRefreshPause, Time, _gone);
            }
            while (Model.IsStale && Model.Problem is null);
        }
        catch (OperationCanceledException)
        {
            // The page has gone.
        }
        finally
        {
            _refreshing = false;
        }
    }

    private async Task MoveOnAsync()
    {
        if (_gone.IsCancellationRequested || Model.IsPaused)
        {
            return;
        }

        if (Model.IsLoading || Model.Problem is not null)
        {
            if (!Feed.State.IsDisconnected)
            {
                await LoadAsync();
            }
        }
        else if (!Filter.Range.IsFixed)
        {
            await RefreshAsync();
        }
    }

    private void Chart()
    {
        if (Shown is not { } shown)
        {
            (_success, _fail, _durations, _charted) = (null, null, null, null);
        }
        else if (!ReferenceEquals(shown, _charted))
        {
            _charted = shown;
            var known = Model.KnownApps ?? shown.Apps;
            _success = ChartBuilder.Counts(shown, SessionOutcome.Succeeded, known);
            _fail = ChartBuilder.Counts(shown, SessionOutcome.Failed, known);
            _durations = ChartBuilder.Durations(shown, _statistic, known);
        }
    }
}
