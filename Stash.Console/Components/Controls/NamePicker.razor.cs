using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using MudBlazor;

namespace Stash.Console.Components.Controls;

/// <summary>Picks any number of names from many, with a search.</summary>
public sealed partial class NamePicker
{
    private ElementReference _searchBox;
    private string _search = "";
    private MudButton? _button;
    private bool _open;
    private bool _focus;

    /// <summary>What is picked, in the plural: <c>Namespaces</c>.</summary>
    [Parameter, EditorRequired]
    public required string Label { get; set; }

    [Parameter, EditorRequired]
    public required IReadOnlyList<string> Options { get; set; }

    /// <summary>Empty for all.</summary>
    [Parameter, EditorRequired]
    public required IReadOnlyList<string> Selected { get; set; }

    [Parameter]
    public EventCallback<IReadOnlyList<string>> SelectedChanged { get; set; }

    private string Summary => Selected.Count switch
    {
        0 => "All",
        1 => Selected[0],
        _ => $"{Selected.Count} of {Math.Max(Options.Count, Selected.Count)}",
    };

    /// <summary>A name that was picked shows also where nothing has it any more: otherwise it could not be let go.</summary>
    private List<string> Shown =>
    [
        .. Options.Union(Selected, StringComparer.Ordinal)
            .Where(o => o.Contains(_search.Trim(), StringComparison.OrdinalIgnoreCase))
            .Order(StringComparer.OrdinalIgnoreCase),
    ];

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (_focus && _open && _searchBox.Context is not null)
        {
            _focus = false;
            await _searchBox.FocusAsync(preventScroll: true);
        }
    }

    private void Toggle()
    {
        _open = !_open;
        _focus = _open;
        _search = "";
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

    private Task SwitchAsync(string name) =>
        SelectedChanged.InvokeAsync([.. (Selected.Contains(name, StringComparer.Ordinal) ? Selected.Where(s => s != name) : Selected.Append(name)).Order(StringComparer.Ordinal)]);

    private Task ClearAsync() => SelectedChanged.InvokeAsync([]);
}
