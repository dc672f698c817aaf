using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;
using MudBlazor;

namespace Stash.Console.Components.Layout;

/// <summary>Light, dark, or as the system has it; remembered by the browser.</summary>
public sealed partial class ThemeSwitch
{
    private static readonly (string Choice, string Label, string Icon)[] Choices =
    [
        ("light", "Light", Icons.Material.Outlined.LightMode),
        ("dark", "Dark", Icons.Material.Outlined.DarkMode),
        ("system", "As the system", Icons.Material.Outlined.Contrast),
    ];

    private string _choice = "system";

    [Inject]
    public required IJSRuntime Script { get; set; }

    private string Icon => Choices.First(c => c.Choice == _choice).Icon;

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (firstRender && await Script.InvokeAsync<string?>("stashTheme.choice") is { } choice && Choices.Any(c => c.Choice == choice) && choice != _choice)
        {
            _choice = choice;
            StateHasChanged();
        }
    }

    private async Task ChooseAsync(string choice)
    {
        _choice = choice;
        await Script.InvokeVoidAsync("stashTheme.choose", choice);
    }
}
