using System.Reflection;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Stash.Console.People;

namespace Stash.Console.Components.Layout;

/// <summary>App bar, pages, banner: around every page. Of a page that its visitor may not look at, nothing is shown and nothing is read.</summary>
public sealed partial class MainLayout
{
    private ErrorBoundary? _boundary;
    private Person? _person;

    [Inject]
    public required NavigationManager Navigation { get; set; }

    [Inject]
    public required Visitor Visitor { get; set; }

    /// <summary>Null for what is no page of the router.</summary>
    [CascadingParameter]
    public Microsoft.AspNetCore.Components.RouteData? Route { get; set; }

    /// <summary>Whether somebody looks: until that is known, and once their sign-in has ended, nobody does.</summary>
    private bool IsSomebody => _person is not null || !Visitor.IsPersonal;

    private bool MayLook => _person is null || Route?.PageType.GetCustomAttribute<NeedsAttribute>() is not { } needs || needs.IsMet(_person.May);

    /// <summary>A bare fragment would be resolved against the base, not the page.</summary>
    private string SkipTarget => $"{Navigation.ToBaseRelativePath(Navigation.Uri).Split('#')[0]}#content";

    protected override async Task OnInitializedAsync()
    {
        _person = await Visitor.PersonAsync();
        if (_person is not null && RendererInfo.IsInteractive)
        {
            _person.Changed += Show;
        }
    }

    protected override void OnParametersSet() => _boundary?.Recover();

    public void Dispose()
    {
        if (_person is not null)
        {
            _person.Changed -= Show;
        }
    }

    private void Recover() => _boundary?.Recover();

    private void Show(object? sender, EventArgs e) => _ = InvokeAsync(StateHasChanged);
}
