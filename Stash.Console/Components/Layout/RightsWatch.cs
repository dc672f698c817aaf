using Microsoft.AspNetCore.Components;
using Stash.Console.People;

namespace Stash.Console.Components.Layout;

/// <summary>While a page is open, asks now and then what its visitor may: a right that is taken away ends the view.</summary>
public sealed class RightsWatch : ComponentBase, IDisposable
{
    private readonly CancellationTokenSource _gone = new();

    [Inject]
    public required Visitor Visitor { get; set; }

    protected override void OnInitialized()
    {
        if (RendererInfo.IsInteractive)
        {
            _ = WatchAsync();
        }
    }

    public void Dispose()
    {
        _gone.Cancel();
        _gone.Dispose();
    }

    private async Task WatchAsync()
    {
        try
        {
            await Visitor.CheckAsync(_gone.Token);
            await Visitor.WatchAsync(_gone.Token);
        }
        catch (OperationCanceledException)
        {
            // The page has gone.
        }
    }
}
