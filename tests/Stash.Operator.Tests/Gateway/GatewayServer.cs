using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Stash.Core.Configuration;
using Stash.Core.Gateway;
using Stash.Operator.Gateway;
using Stash.Operator.Hosting;

namespace Stash.Operator.Tests.Gateway;

/// <summary>The push gateway alone, on a free port, with its data in a folder of its own.</summary>
internal sealed class GatewayServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly DirectoryInfo _folder;

    private GatewayServer(WebApplication app, GroupStore store, DirectoryInfo folder)
    {
        _app = app;
        _folder = folder;
        Store = store;
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First());
    }

    public Uri Address { get; }

    public GroupStore Store { get; }

    /// <summary>Cancelled when it is asked to stop.</summary>
    public CancellationToken Stopping => _app.Lifetime.ApplicationStopping;

    public PushAdmission Admission => _app.Services.GetRequiredService<PushAdmission>();

    public static async Task<GatewayServer> StartAsync(bool admin = true, long maxPushBytes = 1 << 20, TimeProvider? time = null, params (string Key, string Value)[] settings)
    {
        time ??= TimeProvider.System;
        var folder = Directory.CreateTempSubdirectory("stash-test-");
        var options = StashOptions.Read(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>(settings.Select(s => KeyValuePair.Create($"Stash:Gateway:{s.Key}", (string?)s.Value)), StringComparer.Ordinal)
        {
            ["Stash:DataDirectory"] = folder.FullName,
            ["Stash:Gateway:AdminApi"] = admin ? "true" : "false",
            ["Stash:Gateway:MaxPushBytes"] = maxPushBytes.ToString(System.Globalization.CultureInfo.InvariantCulture),
        }).Build());
        var store = await GroupStore.OpenAsync(
            options.Gateway.StoreIn(Path.Combine(folder.FullName, "gateway")), time, NullLogger<GroupStore>.Instance, TestContext.Current.CancellationToken);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k =>
        {
            k.AddServerHeader = false;
            k.Limits.MaxRequestBodySize = maxPushBytes;
        });
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(time).AddSingleton(options).AddSingleton(store).AddShutdown().AddStashGateway();
        var app = builder.Build();
        app.UseStashGateway();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new GatewayServer(app, store, folder);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await Store.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
