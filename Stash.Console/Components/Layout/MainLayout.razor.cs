using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;

namespace Stash.Console.Components.Layout;

/// <summary>App bar, pages, banner: around every page.</summary>
public sealed partial class MainLayout
{
    private ErrorBoundary? _boundary;

    [Inject]
    public required NavigationManager Navigation { get; set; }

    /// <summary>A bare fragment would be resolved against the base, not the page.</summary>
    private string SkipTarget => $"{Navigation.ToBaseRelativePath(Navigation.Uri).Split('#')[0]}#content";

    protected override void OnParametersSet() => _boundary?.Recover();

    private void Recover() => _boundary?.Recover();
}
