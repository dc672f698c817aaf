using Microsoft.AspNetCore.Hosting.Server;
using Prometheus;
using Stash.Core;
using Stash.Core.Configuration;
using Stash.Core.Gateway;
using Stash.Operator.Gateway;

namespace Stash.Operator.Hosting;

/// <summary>The push gateway's process: its listeners and its store. Nobody follows the store's log, so it keeps nothing for anyone.</summary>
internal sealed partial class GatewayHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ApiOptions _api;
    private readonly GatewayListener _listener;
    private readonly GroupStore _groups;
    private readonly string _folder;

    private GatewayHost(WebApplication app, ApiOptions api, GatewayListener listener, GroupStore groups, string folder)
    {
        _app = app;
        _api = api;
        _listener = listener;
        _groups = groups;
        _folder = folder;
    }

    /// <summary>Opens the store. Nothing listens yet.</summary>
    /// <exception cref="UserErrorException">The folder or a file cannot be used.</exception>
    public static async Task<GatewayHost> OpenAsync(StashOptions options, IConfiguration configuration, CancellationToken cancellationToken)
    {
        Metrics.SuppressDefaultMetrics(new SuppressDefaultMetricOptions { SuppressDebugMetrics = true, SuppressEventCounters = true, SuppressMeters = true });
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddConfiguration(configuration);
        HostLog log = new(options.LogFormat ?? "logfmt", configuration, ToStandardError: true);
        log.Configure(builder.Logging.ClearProviders());
        using var startLog = log.AtStart();
        GatewayListener listener = new(options.Gateway, TimeProvider.System, startLog.CreateLogger("Stash"));
        var folder = options.Gateway.PersistenceFile is { } file ? $"{file}.stash" : DataFolder.Open(options.DataDirectory).In("gateway");
        var groups = await GroupStore.OpenAsync(options.Gateway.StoreIn(folder), TimeProvider.System, startLog.CreateLogger<GroupStore>(), cancellationToken);
        try
        {
            groups.Release(long.MaxValue);
            builder.Services.AddSingleton(options).AddSingleton(groups);
            builder.Services.AddShutdown().AddStashGateway();
            builder.WebHost.UseKestrelCore().ConfigureKestrel(listener.Configure);
            builder.WebHost.UseKestrelHttpsConfiguration();
            var app = builder.Build();
            app.UseShutdown();
            listener.Guard(app);
            app.UseStashGateway();
            return new GatewayHost(app, options.Api, listener, groups, folder);
        }
        catch
        {
            await groups.DisposeAsync();
            throw;
        }
    }

    /// <summary>Listens, until the process is told to stop.</summary>
    /// <exception cref="UserErrorException">An address cannot be listened on.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        _listener.Probe();
        await _app.StartAsync(cancellationToken);
        var addresses = string.Join(" and ", _listener.Bound(_app.Services.GetRequiredService<IServer>()).Select(a => $"{_listener.Scheme}://{a}"));
        LogStarted(_app.Logger, addresses, _folder);
        await _app.Services.GetRequiredService<Shutdown>().RunAsync(_app, _api, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _listener.Dispose();
        await _groups.DisposeAsync();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Push gateway on {Addresses}. Groups are in the folder {Folder}, each push on the disk before it is answered; --persistence.file only names that folder (FILE.stash) and --persistence.interval has no effect")]
    private static partial void LogStarted(ILogger logger, string addresses, string folder);
}
