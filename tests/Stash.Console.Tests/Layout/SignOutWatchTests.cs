using System.Security.Claims;
using Bunit;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.Extensions.DependencyInjection;
using Stash.Console.Components.Layout;
using Stash.Console.SignIn;
using Stash.Console.Tests.Support;

namespace Stash.Console.Tests.Layout;

public sealed class SignOutWatchTests
{
    [Fact]
    public async Task A_page_goes_to_the_sign_in_when_its_sign_in_ends_elsewhere_and_not_when_another_does()
    {
        await using var context = await ConsoleContext.StartAsync();
        var signOuts = context.Services.GetRequiredService<SignOuts>();
        var (user, other) = (User(), User());
        var watch = context.Render<SignOutWatch>(p => p.AddCascadingValue(Task.FromResult(new AuthenticationState(user))));
        var before = context.Navigation.Uri;

        signOuts.End(other);
        await watch.InvokeAsync(() => { });
        context.Navigation.Uri.ShouldBe(before);

        signOuts.End(user);
        await Eventually.Holds(() => new Uri(context.Navigation.Uri).AbsolutePath == "/sign-in", "the page goes to the sign-in");
        context.Navigation.History.First().Options.ForceLoad.ShouldBeTrue();
    }

    private static ClaimsPrincipal User() => new(new ClaimsIdentity([SignOuts.NewId()], "cookie"));
}
