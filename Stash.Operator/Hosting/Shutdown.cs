using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Stash.Core.Configuration;

namespace Stash.Operator.Hosting;

/// <summary>
/// The end of a serving process, in order: it is no longer ready; for the delay it still takes what comes; then it takes no more connections, tells streams, and lets requests
/// in progress end within the grace; then the services, and with the host's disposal journal and store.
/// </summary>
internal sealed partial class Shutdown(ListenSockets sockets, TimeProvider time, ILogger<Shutdown> logger)
{
    /// <summary>For services to end, after the requests.</summary>
    private static readonly TimeSpan ServicesAtMost = TimeSpan.FromSeconds(5);

    /// <summary>What Kubernetes gives a pod that says nothing else.</summary>
    private static readonly TimeSpan PodGrace = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan SettleStep = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan SettleAtLeast = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan SettleAtMost = TimeSpan.FromSeconds(1);

    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>True from the moment at which somebody asked for it: nobody is to send anything more here.</summary>
    public bool IsUnderWay => _asked.Task.IsCompleted;

    /// <summary>Waits until the process is told to end, by a signal or by its application, and ends what it serves.</summary>
    /// <param name="app">It listens.</param>
    /// <param name="options">Delay and grace, of all listeners.</param>
    /// <param name="signal">Cancelled by a signal.</param>
    public async Task RunAsync(WebApplication app, ApiOptions options, CancellationToken signal)
    {
        var all = options.ShutdownDelay + options.ShutdownGrace + ServicesAtMost;
        if (all > PodGrace)
        {
            LogLong(logger, options.ShutdownDelay.TotalSeconds, options.ShutdownGrace.TotalSeconds, ServicesAtMost.TotalSeconds, PodGrace.TotalSeconds, Math.Ceiling(all.TotalSeconds));
        }

        using (signal.Register(Ask))
        using (app.Lifetime.ApplicationStopping.Register(Ask))
        {
            await _asked.Task;
        }

        LogStops(logger, options.ShutdownDelay.TotalSeconds, options.ShutdownGrace.TotalSeconds);
        if (options.ShutdownDelay > TimeSpan.Zero)
        {
            await Task.Delay(options.ShutdownDelay, time, CancellationToken.None);
        }

        await SettleAsync();
        app.Lifetime.StopApplication();
        using (CancellationTokenSource grace = new(options.ShutdownGrace, time))
        {
            // By itself, before the services: a client that does not end must not take their time.
            await app.Services.GetRequiredService<IServer>().StopAsync(grace.Token);
            if (grace.IsCancellationRequested)
            {
                LogCut(logger, options.ShutdownGrace.TotalSeconds);
            }
        }

        using CancellationTokenSource rest = new(ServicesAtMost, time);
        try
        {
            await app.StopAsync(rest.Token);
        }
        catch (OperationCanceledException e) when (rest.IsCancellationRequested)
        {
            LogServices(logger, e, ServicesAtMost.TotalSeconds);
        }
    }

    /// <summary>Lets what is on its way arrive: connections that the system has taken, and requests on open ones, whose answers then end them.</summary>
    private async Task SettleAsync()
    {
        sockets.TakeNoMore();
        var begun = time.GetTimestamp();
        do
        {
            await Task.Delay(SettleStep, time, CancellationToken.None);
        }
        while (time.GetElapsedTime(begun) is var passed && (passed < SettleAtLeast || (sockets.IsAnyWaiting && passed < SettleAtMost)));
    }

    private void Ask() => _asked.TrySetResult();

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopping: requests are taken for {Delay} s more, those in progress then have {Grace} s to end")]
    private static partial void LogStops(ILogger logger, double delay, double grace);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Connections that did not end within {Grace} s (Stash:Api:ShutdownGrace) were cut off")]
    private static partial void LogCut(ILogger logger, double grace);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A part of the operator did not end within {Seconds} s; what it had not written it takes up again at the next start")]
    private static partial void LogServices(ILogger logger, Exception exception, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "After SIGTERM the process may take {Delay} s (Stash:Api:ShutdownDelay), {Grace} s (Stash:Api:ShutdownGrace) and {Services} s to close: more than the {Pod} s after which Kubernetes kills a pod. Lower them, or set its terminationGracePeriodSeconds to at least {All}")]
    private static partial void LogLong(ILogger logger, double delay, double grace, double services, double pod, double all);
}

internal static class ShutdownExtensions
{
    /// <summary>The process' end is in our hands: the command line listens to signals, not the host, for whom the first is already the end.</summary>
    public static IServiceCollection AddShutdown(this IServiceCollection services) =>
        services.AddSingleton<Shutdown>().AddSingleton<ListenSockets>().AddSingleton<IHostLifetime, NoSignals>()
            .AddOptions<SocketTransportOptions>().Configure<ListenSockets>((options, sockets) => options.CreateBoundListenSocket = sockets.Create).Services;

    /// <summary>Once the process is to end, connections are closed with the answer that they wait for: whoever sends more looks elsewhere.</summary>
    public static void UseShutdown(this IApplicationBuilder app)
    {
        var shutdown = app.ApplicationServices.GetRequiredService<Shutdown>();
        app.Use(next => context =>
        {
            if (shutdown.IsUnderWay && HttpProtocol.IsHttp11(context.Request.Protocol))
            {
                context.Response.Headers.Connection = "close";
            }

            return next(context);
        });
    }

    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
