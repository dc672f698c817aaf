using System.Globalization;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.JSInterop;
using MudBlazor;
using Stash.Console.Dashboard;

namespace Stash.Console.Components.Controls;

/// <summary>Picks a time range: one of the usual ones, or from and to in the browser's zone.</summary>
public sealed partial class RangePicker
{
    // Blazor's script hands over the input's value with seconds.
    private const string LocalFormat = "yyyy-MM-dd'T'HH:mm:ss";

    private MudButton? _button;
    private ElementReference _dialog;
    private bool _focus;
    private bool _open;
    private DateTime? _from;
    private DateTime? _to;
    private string? _problem;

    [Inject]
    public required IJSRuntime Script { get; set; }

    [Inject]
    public required TimeProvider Time { get; set; }

    [Parameter, EditorRequired]
    public required TimeRange Range { get; set; }

    [Parameter]
    public EventCallback<TimeRange> RangeChanged { get; set; }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        // Escape has to be heard from the start.
        if (_focus && _open && _dialog.Context is not null)
        {
            _focus = false;
            await _dialog.FocusAsync(preventScroll: true);
        }
    }

    private async Task ToggleAsync()
    {
        if (_open)
        {
            Close();
            return;
        }

        var now = Time.GetUtcNow();
        _problem = null;
        _from = await ToLocalAsync(Range.StartAt(now));
        _to = await ToLocalAsync(Range.EndAt(now));
        _open = true;
        _focus = true;
    }

    private void Close() => _open = false;

    private Task OnKeyAsync(KeyboardEventArgs e) => e.Key == "Escape" ? LeaveAsync() : Task.CompletedTask;

    /// <summary>Closes, with the focus back where it came from.</summary>
    private async Task LeaveAsync()
    {
        Close();
        if (_button is not null)
        {
            await _button.FocusAsync();
        }
    }

    private async Task ChooseAsync(TimeRange range)
    {
        Close();
        await RangeChanged.InvokeAsync(range);
    }

    private async Task ChooseFixedAsync()
    {
        if (await ToInstantAsync(_from) is not { } from || await ToInstantAsync(_to) is not { } to)
        {
            _problem = "Give both times.";
        }
        else if (from >= to)
        {
            _problem = "The start has to be before the end.";
        }
        else
        {
            await ChooseAsync(TimeRange.Fixed(from, to));
        }
    }

    private async Task<DateTime?> ToLocalAsync(DateTimeOffset time) =>
        DateTime.TryParse(await Script.InvokeAsync<string?>("stashTime.toLocal", TimeRange.Format(time)), CultureInfo.InvariantCulture, out var local) ? local : null;

    private async Task<DateTimeOffset?> ToInstantAsync(DateTime? local) =>
        local is { } given && DateTimeOffset.TryParse(await Script.InvokeAsync<string?>("stashTime.toInstant", given.ToString(LocalFormat, CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture, out var instant)
            ? instant
            : null;
}
