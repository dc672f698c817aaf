using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.Extensions.DependencyInjection;
using MudBlazor;
using Stash.Console.Components.Layout;
using Stash.Console.Components.Pages;
using Stash.Console.People;
using Stash.Console.SignIn;
using Stash.Console.Tests.Support;
using Stash.Core.Api;

namespace Stash.Console.Tests.Layout;

/// <summary>Around the pages, where people are signed in as themselves.</summary>
public sealed class MainLayoutTests
{
    private const string Token = "alices-token";

    [Fact]
    public async Task Names_who_is_signed_in_and_asks_in_their_name()
    {
        await using var context = await ConsoleContext.StartAsAsync(Token, "system:serviceaccount:people:alice");
        context.Operator.Asked.Clear();

        var layout = Open<Overview>(context);

        layout.Find(".bar-person").TextContent.ShouldBe("people/alice");
        layout.Find(".bar-person").GetAttribute("title").ShouldBe("system:serviceaccount:people:alice");
        layout.Find("form[action='/sign-out']").ShouldNotBeNull();
        await Eventually.Holds(() => context.Operator.Asked.Any(a => a.Path == ApiPaths.Aggregates), "the page asks");
        context.Operator.Asked.ShouldAllBe(a => a.Token == Token);
    }

    [Fact]
    public async Task By_link_nobody_is_named_and_the_consoles_own_token_asks()
    {
        await using var context = await ConsoleContext.StartAsync();
        var layout = Open<Overview>(context);
        layout.FindAll(".bar-person").ShouldBeEmpty();
        await Eventually.Holds(() => context.Operator.Asked.Any(a => a.Path == ApiPaths.Aggregates), "the page asks");
        context.Operator.Asked.ShouldAllBe(a => a.Token == context.Operator.Token);
    }

    [Fact]
    public async Task The_live_feed_is_the_consoles_own()
    {
        await using var context = await ConsoleContext.StartAsAsync(Token, "alice");
        Open<Overview>(context);
        await Eventually.Holds(() => context.Operator.Asked.Any(a => a.Path == ApiPaths.Aggregates), "the page asks");
        context.Operator.Asked.Where(a => a.Path == ApiPaths.Events).ShouldAllBe(a => a.Token == context.Operator.Token);
    }

    [Fact]
    public async Task A_page_that_somebody_may_not_look_at_is_not_made()
    {
        await using var context = await ConsoleContext.StartAsAsync(Token, "bob", view: false);
        context.Operator.Asked.Clear();

        var layout = Open<Overview>(context);

        layout.Find(".page-message [role=alert]").TextContent.ShouldContain("The cluster knows you as bob");
        layout.FindComponents<Overview>().ShouldBeEmpty();
        context.Operator.Asked.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_right_that_is_taken_away_ends_the_view_and_one_that_is_given_brings_it_back()
    {
        await using var context = await ConsoleContext.StartAsAsync(Token, "alice");
        var layout = Open<SettingsPage>(context);
        layout.WaitForElement("form[aria-label='Monitoring settings']");

        context.Operator.Know(Token, "alice", view: false);
        await NextCheckAsync(context, layout, () => layout.FindComponents<SettingsPage>().Count == 0);
        layout.Find(".page-message").TextContent.ShouldContain("You may not look at this");

        context.Operator.Know(Token, "alice");
        await NextCheckAsync(context, layout, () => layout.FindComponents<SettingsPage>().Count == 1);
    }

    [Fact]
    public async Task What_somebody_may_is_asked_once_a_minute_for_all_of_their_pages()
    {
        await using var context = await ConsoleContext.StartAsAsync(Token, "alice");
        var asked = Count();
        using var one = context.Services.CreateScope();
        using var two = context.Services.CreateScope();
        await CheckAsync();
        Count().ShouldBe(asked);

        context.Time.Advance(Visitor.CheckEvery);
        await CheckAsync();
        Count().ShouldBe(asked + 1);
        context.Time.Advance(Visitor.CheckEvery / 2);
        await CheckAsync();
        Count().ShouldBe(asked + 1);

        int Count() => context.Operator.Asked.Count(a => a.Path == ApiPaths.WhoAmI);

        Task CheckAsync() => Task.WhenAll(new[] { one, two }.Select(s => s.ServiceProvider.GetRequiredService<Visitor>().CheckAsync(Xunit.TestContext.Current.CancellationToken)));
    }

    [Fact]
    public async Task A_token_that_the_operator_does_not_know_any_more_ends_the_sign_in_wherever_it_is_met()
    {
        await using var context = await ConsoleContext.StartAsAsync(Token, "alice");
        context.Operator.People.Clear();

        var layout = Open<SettingsPage>(context);

        await Eventually.Holds(() => context.Navigation.History.Any(h => h.Options.ForceLoad), "the page is loaded anew, which leads to the sign-in");
        layout.ShouldNotBeNull();
        var user = (await context.Services.GetRequiredService<AuthenticationStateProvider>().GetAuthenticationStateAsync()).User;
        context.Services.GetRequiredService<SignOuts>().ReasonOf(user).ShouldBe(SignInProblem.Expired);
        context.Services.GetRequiredService<PersonStore>().Find(user).ShouldBeNull();
    }

    private static IRenderedComponent<MainLayout> Open<TPage>(ConsoleContext context)
        where TPage : IComponent
    {
        // The context has its own.
        context.ComponentFactories.AddStub<MudPopoverProvider>();
        var state = context.Services.GetRequiredService<AuthenticationStateProvider>().GetAuthenticationStateAsync();
        return context.Render<MainLayout>(p => p
            .AddCascadingValue(state)
            .AddCascadingValue(new Microsoft.AspNetCore.Components.RouteData(typeof(TPage), new Dictionary<string, object?>(StringComparer.Ordinal)))
            .Add(l => l.Body, builder =>
            {
                builder.OpenComponent<TPage>(0);
                builder.CloseComponent();
            }));
    }

    private static Task NextCheckAsync(ConsoleContext context, IRenderedComponent<MainLayout> layout, Func<bool> holds) => Eventually.Holds(
        () =>
        {
            context.Time.Advance(Visitor.CheckEvery);
            return layout.InvokeAsync(holds).GetAwaiter().GetResult();
        },
        "it is noticed");
}
