using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Prometheus;
using Stash.Core;
using Stash.Core.Configuration;
using Stash.Core.Events;
using Stash.Core.Gateway;
using Stash.Core.Kubernetes;
using Stash.Core.Monitoring;
using Stash.Core.Monitoring.Embedded;
using Stash.Core.Sessions;
using Stash.Core.Sessions.Journal;
using Stash.Operator.Access;
using Stash.Operator.Api;
using Stash.Operator.Audit;
using Stash.Operator.Gateway;
using Stash.Operator.Health;
using Stash.Operator.Monitoring;
using Stash.Operator.Monitoring.Cluster;
using Stash.Operator.Telemetry;
using Stash.Operator.Tls;

namespace Stash.Operator.Hosting;

/// <summary>The operator's process: two listeners, the gateway's store, the journal that follows it, the settings.</summary>
internal sealed partial class OperatorHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly StashOptions _options;
    private readonly GatewayListener _listener;
    private readonly GroupStore _groups;
    private readonly SessionJournal _journal;

    private OperatorHost(WebApplication app, StashOptions options, GatewayListener listener, GroupStore groups, SessionJournal journal)
    {
        _app = app;
        _options = options;
        _listener = listener;
        _groups = groups;
        _journal = journal;
    }

    /// <summary>Opens the data folder and all that is in it. Nothing listens yet.</summary>
    /// <exception cref="UserErrorException">The folder, the journal, the log, the token or a certificate cannot be used.</exception>
    public static async Task<OperatorHost> OpenAsync(StashOptions options, IConfiguration configuration, CancellationToken cancellationToken)
    {
        // The runtime's event counters and meters come with names that break Prometheus' rules.
        Metrics.SuppressDefaultMetrics(new SuppressDefaultMetricOptions { SuppressDebugMetrics = true, SuppressEventCounters = true, SuppressMeters = true });
        var time = TimeProvider.System;
        var data = DataFolder.Open(options.DataDirectory);
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddConfiguration(configuration);
        HostLog log = new(options.LogFormat ?? "text", configuration, ToStandardError: options.Audit.LogPath is AuditOptions.StandardOutput);
        log.Configure(builder.Logging.ClearProviders());
        builder.Logging.QuietenAccess();
        // The API says it itself, with the request's id.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Diagnostics.ExceptionHandlerMiddleware", LogLevel.None);
        using var startLog = log.AtStart();
        GatewayListener listener = new(options.Gateway, time, startLog.CreateLogger("Stash"));
        if (options.Gateway.PersistenceFile is { } unused)
        {
            var atStart = startLog.CreateLogger("Stash");
            LogUnused(atStart, unused, options.DataDirectory);
        }

        var cluster = KubernetesConnection.Open(options.Kubernetes);
        TokenFiles tokens = new(data, options, time, startLog.CreateLogger<TokenFiles>());

        // The store first: its lock keeps a second operator away from the journal too.
        var groups = await GroupStore.OpenAsync(options.Gateway.StoreIn(data.In("gateway")), time, startLog.CreateLogger<GroupStore>(), cancellationToken);
        SessionJournal? journal = null;
        try
        {
            journal = await SessionJournal.OpenAsync(data, options.Journal, time, cancellationToken);
            builder.Services.AddSingleton(options).AddSingleton(data)
                .AddSingleton(groups).AddSingleton(journal)
                .AddSingleton<RunningSessions>().AddSingleton<EventHub>().AddSingleton<EmbeddedResources>().AddSingleton<JournalFollower>()
                .AddHostedService<JournalService>().AddHostedService<RunningEvents>();
            builder.Services.AddStashAccess(tokens, cluster);
            if (cluster is null)
            {
                builder.Services.AddSingleton<ILeadership, SoleOperator>()
                    .AddSingleton<MonitoringStore>().AddSingleton<IMonitoringSettings>(s => s.GetRequiredService<MonitoringStore>()).AddHostedService<SettingsWatcher>();
            }
            else
            {
                builder.Services.AddClusterMonitoring(cluster, options.Kubernetes);
            }

            var tls = builder.Services.AddOperatorTls(data, options, cluster?.Namespace ?? options.Kubernetes.Namespace ?? "default", time, startLog);
            builder.Services.AddOperatorTelemetry();
            builder.Services.AddStashGateway();
            builder.Services.AddStashApi();
            builder.Services.AddShutdown().AddStashHealth().AddStashAudit();
            builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
            {
                listener.Configure(kestrel);
                kestrel.Listen(options.Api.Address.Address, options.Api.Address.Port, l =>
                {
                    l.MarkAs(Listener.Api);
                    l.UseTls(tls.Handshake);
                });
            });
            builder.WebHost.UseKestrelHttpsConfiguration();
            var app = builder.Build();
            app.Services.GetRequiredService<AuditLog>().Try(options.Audit);
            app.UseShutdown();
            app.MapWhen(c => c.CameBy(Listener.Gateway), gateway =>
            {
                listener.Guard(gateway);
                gateway.UseRunningReports(options.Gateway.RoutePrefix);
                gateway.UseStashGateway();
            });
            app.UseStashApi();
            app.UseOperatorTelemetry();
            return new OperatorHost(app, options, listener, groups, journal);
        }
        catch
        {
            if (journal is not null)
            {
                await journal.DisposeAsync();
            }

            await groups.DisposeAsync();
            throw;
        }
    }

    /// <summary>Listens, until the process is told to stop.</summary>
    /// <exception cref="UserErrorException">An address cannot be listened on.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        _listener.Probe();
        ListenProbe.Check(_options.Api.Address, "--api-address");
        await _app.StartAsync(cancellationToken);
        var server = _app.Services.GetRequiredService<IServer>();
        var gateway = _listener.Bound(server)[0];
        var api = Client(server.Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Last(), _options.Api.Address);
        var serving = _app.Services.GetRequiredService<IServingCertificate>();
        _app.Services.GetRequiredService<EmbeddedResources>().Endpoints = _listener.Endpoints(gateway, api) with
        {
            ApiCaFile = serving.AuthorityFile,
            ServerName = ServingTrust.NameOf(serving.Current.Leaf),
            // A Prometheus in the cluster shows its service account's.
            ApiTokenFile = _options.Kubernetes.IsOn ? "/var/run/secrets/kubernetes.io/serviceaccount/token" : null,
        };
        if (_app.Services.GetService<MonitoringStore>() is { } embedded)
        {
            await embedded.ReapplyAsync(cancellationToken);
        }

        LogStarted(_app.Logger, _listener.Scheme, gateway, api, _options.DataDirectory);
        await _app.Services.GetRequiredService<Shutdown>().RunAsync(_app, _options.Api, cancellationToken);

        // A service that failed has stopped the host; that is no clean end.
        foreach (var service in _app.Services.GetServices<IHostedService>().OfType<BackgroundService>())
        {
            if (service.ExecuteTask is { IsFaulted: true } task)
            {
                await task;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _listener.Dispose();
        await _journal.DisposeAsync();
        await _groups.DisposeAsync();
    }

    private static string Client(string bound, ListenAddress listen) => new IPEndPoint(listen.ForClients, new Uri(bound).Port).ToString();

    [LoggerMessage(Level = LogLevel.Information, Message = "--persistence.file (Stash:Gateway:PersistenceFile) {File} has no effect here: the journal of sessions follows the groups in the data folder {Folder}. stash gateway uses it")]
    private static partial void LogUnused(ILogger logger, string file, string folder);

    [LoggerMessage(Level = LogLevel.Information, Message = "Push gateway on {Scheme}://{Gateway}, API on https://{Api}, data in {Data}")]
    private static partial void LogStarted(ILogger logger, string scheme, string gateway, string api, string data);
}
