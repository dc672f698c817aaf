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
            _registration = SignOuts.EndOf(user).Register(() => _ = InvokeAsync(() => Navigation.NavigateTo(SignInEndpoints.Path, forceLoad: true)));
        }
    }

    public void Dispose() => _registration.Dispose();
}
