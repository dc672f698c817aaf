using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;
using Stash.Console.Charts;

namespace Stash.Console.Components.Controls;

/// <summary>
/// A chart over time, drawn in the browser by <c>js/chart.js</c>. New data goes to the chart alone: the component renders again only
/// where something other than the drawing changes.
/// </summary>
public sealed partial class TimeChart : IAsyncDisposable
{
    private const int MostRows = 300;

    private ElementReference _host;
    private IJSObjectReference? _module;
    private ChartData? _drawn;
    private bool _asTable;
    private (bool Loading, bool Empty) _shape;
    private bool _shapeChanged = true;

    [Inject]
    public required IJSRuntime Script { get; set; }

    [Parameter, EditorRequired]
    public required string Title { get; set; }

    [Parameter]
    public string? Icon { get; set; }

    [Parameter]
    public string? IconClass { get; set; }

    /// <summary>Null while loading.</summary>
    [Parameter]
    public ChartData? Data { get; set; }

    /// <summary>Head of the table's last column.</summary>
    [Parameter]
    public string ValueTitle { get; set; } = "Sessions";

    /// <summary>Controls beside the title.</summary>
    [Parameter]
    public RenderFragment? Tools { get; set; }

    protected override void OnParametersSet()
    {
        var shape = (Data is null, Data?.IsEmpty == true);
        _shapeChanged |= shape != _shape || Tools is not null || (_asTable && !ReferenceEquals(Data, _drawn));
        _shape = shape;
        if (!_shapeChanged)
        {
            // Nothing to render: the drawing is all that is new.
            _ = InvokeAsync(DrawAsync);
        }
    }

    protected override bool ShouldRender() => _shapeChanged;

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        _shapeChanged = false;
        await DrawAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_module is null)
        {
            return;
        }

        try
        {
            await _module.InvokeVoidAsync("remove", _host);
            await _module.DisposeAsync();
        }
        catch (JSDisconnectedException)
        {
            // The browser has gone, and the chart with it.
        }
    }

    private void SwitchTable()
    {
        _asTable = !_asTable;
        _shapeChanged = true;
    }

    private async Task DrawAsync()
    {
        if (Data is not { } data || ReferenceEquals(data, _drawn))
        {
            return;
        }

        _drawn = data;
        try
        {
            _module ??= await Script.InvokeAsync<IJSObjectReference>("import", "./js/chart.js");
            await _module.InvokeVoidAsync("draw", _host, data);
        }
        catch (JSDisconnectedException)
        {
            // The browser has gone, and the chart with it.
        }
    }

    private IEnumerable<(long Time, string Name, double Value)> Rows() =>
        from i in Enumerable.Range(0, Data!.Times.Count).Reverse().Where(i => Data.Series.Any(l => l.Values[i] is not (null or 0))).Take(MostRows)
        from line in Data.Series
        where line.Values[i] is not (null or 0)
        select (Data.Times[i], line.Name, line.Values[i]!.Value);
}
