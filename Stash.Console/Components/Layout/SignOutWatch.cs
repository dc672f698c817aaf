using System.Security.Claims;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Stash.Console.SignIn;

namespace Stash.Console.Components.Layout;

/// <summary>Leads an open page to the sign-in as soon as its sign-in is ended, as by signing out in another tab.</summary>
public sealed class SignOutWatch : ComponentBase, IDisposable
{
    private CancellationTokenRegistration _registration;

    [Inject]
    public required SignOuts SignOuts { get; set; }

    [Inject]
    public required NavigationManager Navigation { get; set; }

    [CascadingParameter]
    public Task<AuthenticationState>? Authentication { get; set; }

    protected override async Task OnInitializedAsync()
    {
        if (RendererInfo.IsInteractive && Authentication is { } authentication)
        {
            var user = (await authentication).User;
            _registration = SignOuts.EndOf(user).Register(() => _ = InvokeAsync(() => Navigation.NavigateTo(TargetOf(user), forceLoad: true)));
        }
    }

    /// <summary>Where the sign-in has come to its end, the page asks for itself: the way to sign in then leads back to it, and says why.</summary>
    private string TargetOf(ClaimsPrincipal user) => SignOuts.ReasonOf(user) == SignInProblem.None ? SignInEndpoints.Path : Navigation.Uri;

    public void Dispose() => _registration.Dispose();
}
