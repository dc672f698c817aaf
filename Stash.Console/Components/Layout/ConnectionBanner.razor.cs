using Microsoft.AspNetCore.Components;
using Stash.Console.Operator;

namespace Stash.Console.Components.Layout;

/// <summary>Says that the operator is away, why, and since when, for as long as it is.</summary>
public sealed partial class ConnectionBanner
{
    private LiveState _state = null!;
    private LiveSubscription? _subscription;

    [Inject]
    public required LiveFeed Feed { get; set; }

    protected override void OnInitialized()
    {
        if (RendererInfo.IsInteractive)
        {
            _subscription = Feed.Subscribe(change =>
            {
                if (change is LiveChange.StateChanged changed)
                {
                    _ = InvokeAsync(() =>
                    {
                        _state = changed.State;
                        StateHasChanged();
                    });
                }
            });
        }

        _state = Feed.State;
    }

    public void Dispose() => _subscription?.Dispose();
}
