using Microsoft.AspNetCore.Components;
using Stash.Console.Dashboard;
using Stash.Console.History;
using Stash.Console.Operator;
using Stash.Console.People;
using Stash.Core.Sessions;

namespace Stash.Console.Components.Pages;

/// <summary>One session, whole: from its first report while it runs to what restic said at its end. A running session becomes the ended one in place.</summary>
[Needs(Sight.Sessions)]
public sealed partial class SessionPage : IDisposable
{
    private readonly CancellationTokenSource _gone = new();
    private LiveSubscription? _subscription;
    private string? _shown;

    [Parameter, EditorRequired]
    public required string Id { get; set; }

    [Inject]
    public required OperatorClient Operator { get; set; }

    [Inject]
    public required LiveFeed Feed { get; set; }

    [Inject]
    public required TimeProvider Time { get; set; }

    private SessionModel Model { get; set; } = null!;

    private string Namespace => Model.Session?.Namespace ?? Model.Running?.Namespace ?? "";

    private string App => Model.Session?.App ?? Model.Running?.App ?? "";

    private string Operation => Model.Session?.Operation ?? Model.Running?.Operation ?? SessionMetrics.BackupOperation;

    private string AppName => (Namespace, App) switch
    {
        ("", "") => "Sessions without an app",
        ("", var app) => app,
        (var @namespace, "") => @namespace,
        var (@namespace, app) => $"{@namespace} / {app}",
    };

    private string Title => App.Length > 0 ? App : "Session";

    private bool IsSample => Model.Session?.Sample ?? Model.Running?.Sample ?? false;

    private string DocumentTitle => (Model.Session, Model.Running) switch
    {
        ({ } session, _) => $"{Title}: {session.Outcome} · Stash",
        (_, not null) => $"{Title}: running · Stash",
        _ => "Session · Stash",
    };

    /// <summary>The overview, filtered to this session's app.</summary>
    private string AppPath => new OverviewFilter { Namespaces = NameOf(Namespace), Apps = NameOf(App) }.ToPath();

    protected override void OnInitialized()
    {
        Model = new SessionModel(Operator, Time);
        if (RendererInfo.IsInteractive)
        {
            _subscription = Feed.Subscribe(change => _ = InvokeAsync(() => TakeAsync(change)));
        }
    }

    protected override async Task OnParametersSetAsync()
    {
        // Not while prerendering: the page shows at once, however long the operator takes.
        if (RendererInfo.IsInteractive && Id != _shown)
        {
            _shown = Id;
            await LoadAsync();
        }
    }

    public void Dispose()
    {
        _subscription?.Dispose();
        _gone.Cancel();
        _gone.Dispose();
    }

    private static IReadOnlyList<string> NameOf(string text) => text.Length > 0 ? [text] : [];

    private async Task LoadAsync()
    {
        if (!_gone.IsCancellationRequested)
        {
            await Model.LoadAsync(Id, StateHasChanged, _gone.Token);
        }
    }

    private async Task TakeAsync(LiveChange change)
    {
        if (_gone.IsCancellationRequested)
        {
            return;
        }

        switch (Model.Apply(change))
        {
            case SessionModelEffect.Render:
                StateHasChanged();
                break;
            case SessionModelEffect.Reload:
                StateHasChanged();
                await LoadAsync();
                break;
        }
    }
}
