using System.Security.Claims;
using Bunit;
using Bunit.TestDoubles;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using MudBlazor;
using MudBlazor.Services;
using Stash.Console.Charts;
using Stash.Console.Operator;
using Stash.Console.People;
using Stash.Console.SignIn;
using Stash.Core.Configuration;

namespace Stash.Console.Tests.Support;

/// <summary>The console's pages as components, on a real client and a real feed of an <see cref="OperatorDouble"/>.</summary>
internal sealed class ConsoleContext : BunitContext
{
    private readonly State _state = new();

    static ConsoleContext() => DefaultWaitTimeout = TimeSpan.FromSeconds(30);

    private ConsoleContext(OperatorDouble operatorDouble, string signIn)
    {
        Operator = operatorDouble;
        Feed = new LiveFeed(operatorDouble.NewClient(), TimeProvider.System, NullLogger<LiveFeed>.Instance);
        Services.AddMudServices(mud => mud.PopoverOptions.CheckForPopoverProvider = false);
        var options = StashOptions.Read(new ConfigurationBuilder().AddInMemoryCollection(
        [
            new("Stash:DataDirectory", operatorDouble.Folder.FullPath),
            new("Stash:Operator:Address", operatorDouble.Address.GetLeftPart(UriPartial.Authority)),
            new("Stash:Console:SignIn", signIn),
        ]).Build());
        Services.AddLogging();
        Services.AddOperator(options, operatorDouble.Folder);
        Services.AddSingleton(Feed);
        Services.AddSingleton(operatorDouble.Folder);
        Services.AddSingleton(TimeProvider.System);
        Services.AddSingleton<SignOuts>();
        Services.AddSingleton(provider => new PersonStore(provider.GetRequiredService<SignOuts>(), options, Time));
        Services.AddSingleton(provider => new Arrivals(provider.GetRequiredService<OperatorConnection>(), provider.GetRequiredService<PersonStore>(), options, Time));
        Services.AddScoped(provider => new Visitor(provider, provider.GetRequiredService<PersonStore>(), provider.GetRequiredService<OperatorConnection>(), options, Time));
        Services.AddSingleton<AuthenticationStateProvider>(_state);
        Services.AddSingleton(options);
        SetRendererInfo(new RendererInfo("Server", isInteractive: true));
        JSInterop.Mode = JSRuntimeMode.Loose;
        Charts = JSInterop.SetupModule("./js/chart.js");
        Charts.Mode = JSRuntimeMode.Loose;
        Popovers = Render<MudPopoverProvider>();
    }

    public OperatorDouble Operator { get; }

    public LiveFeed Feed { get; }

    /// <summary>Who looks, where somebody is signed in as themselves.</summary>
    public Person? Person { get; private set; }

    /// <summary>Of what is about people.</summary>
    public FakeTimeProvider Time { get; } = new(DateTimeOffset.UtcNow);

    /// <summary>What the charts' script was told.</summary>
    public BunitJSModuleInterop Charts { get; }

    public BunitNavigationManager Navigation => Services.GetRequiredService<BunitNavigationManager>();

    /// <summary>Everybody is signed in by link.</summary>
    public static Task<ConsoleContext> StartAsync(params Core.Sessions.Session[] sessions) => StartAsync(ConsoleOptions.LinkSignIn, sessions);

    /// <summary>Somebody is signed in with a token that the cluster knows.</summary>
    public static async Task<ConsoleContext> StartAsAsync(string token, string name, bool view = true, bool edit = false)
    {
        var context = await StartAsync(ConsoleOptions.TokenSignIn);
        context.Operator.Know(token, name);
        var arrivals = context.Services.GetRequiredService<Arrivals>();
        var arrival = await arrivals.AdmitAsync(new PersonTokens(token, null, context.Time.GetUtcNow()), null, null, Xunit.TestContext.Current.CancellationToken);
        context.Person = arrival.Person.ShouldNotBeNull();
        context.Operator.Know(token, name, view, edit);
        context.Person.Learn(context.Operator.People[token]);
        context._state.User = arrivals.PrincipalOf(context.Person);
        return context;
    }

    private static async Task<ConsoleContext> StartAsync(string signIn, params Core.Sessions.Session[] sessions)
    {
        var context = new ConsoleContext(await OperatorDouble.StartAsync(sessions), signIn);
        await context.Feed.StartAsync(Xunit.TestContext.Current.CancellationToken);
        await Eventually.Holds(() => context.Operator.OpenStreams == 1, "the feed connects");
        return context;
    }

    /// <summary>Every data that a chart was told to draw, in order.</summary>
    public IReadOnlyList<ChartData> DrawnCharts => [.. Charts.Invocations["draw"].Select(i => i.Arguments[1]).OfType<ChartData>()];

    /// <summary>Where pickers and menus open.</summary>
    public IRenderedComponent<MudPopoverProvider> Popovers { get; }

    public IReadOnlyList<ChartData> WaitForCharts(int count)
    {
        Popovers.WaitForState(() => DrawnCharts.Count >= count);
        return DrawnCharts;
    }

    protected override async ValueTask DisposeAsyncCore()
    {
        await base.DisposeAsyncCore();
        await Feed.StopAsync(CancellationToken.None);
        Feed.Dispose();
        await Operator.DisposeAsync();
    }

    private sealed class State : AuthenticationStateProvider
    {
        public ClaimsPrincipal User { get; set; } = new(new ClaimsIdentity());

        public override Task<AuthenticationState> GetAuthenticationStateAsync() => Task.FromResult(new AuthenticationState(User));
    }
}
