using Bunit;
using Bunit.TestDoubles;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using MudBlazor;
using MudBlazor.Services;
using Stash.Console.Charts;
using Stash.Console.Operator;
using Stash.Console.SignIn;
using Stash.Core.Configuration;

namespace Stash.Console.Tests.Support;

/// <summary>The console's pages as components, on a real client and a real feed of an <see cref="OperatorDouble"/>.</summary>
internal sealed class ConsoleContext : BunitContext
{
    static ConsoleContext() => DefaultWaitTimeout = TimeSpan.FromSeconds(30);

    private ConsoleContext(OperatorDouble operatorDouble)
    {
        Operator = operatorDouble;
        Client = new OperatorClient(operatorDouble.Address, new OperatorCredentials(operatorDouble.Folder), TimeProvider.System);
        Feed = new LiveFeed(Client, TimeProvider.System, NullLogger<LiveFeed>.Instance);
        Services.AddMudServices(mud => mud.PopoverOptions.CheckForPopoverProvider = false);
        Services.AddSingleton(Client);
        Services.AddSingleton(Feed);
        Services.AddSingleton(operatorDouble.Folder);
        Services.AddSingleton(TimeProvider.System);
        Services.AddSingleton<SignOuts>();
        Services.AddSingleton(StashOptions.Read(new ConfigurationBuilder().AddInMemoryCollection([new("Stash:DataDirectory", operatorDouble.Folder.FullPath)]).Build()));
        SetRendererInfo(new RendererInfo("Server", isInteractive: true));
        JSInterop.Mode = JSRuntimeMode.Loose;
        Charts = JSInterop.SetupModule("./js/chart.js");
        Charts.Mode = JSRuntimeMode.Loose;
        Popovers = Render<MudPopoverProvider>();
    }

    public OperatorDouble Operator { get; }

    public OperatorClient Client { get; }

    public LiveFeed Feed { get; }

    /// <summary>What the charts' script was told.</summary>
    public BunitJSModuleInterop Charts { get; }

    public BunitNavigationManager Navigation => Services.GetRequiredService<BunitNavigationManager>();

    public static async Task<ConsoleContext> StartAsync(params Core.Sessions.Session[] sessions)
    {
        var context = new ConsoleContext(await OperatorDouble.StartAsync(sessions));
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
        Client.Dispose();
        await Operator.DisposeAsync();
    }
}
