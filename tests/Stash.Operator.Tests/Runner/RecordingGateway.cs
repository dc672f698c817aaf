using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Stash.Core.Api;
using Stash.Core.Sessions;

namespace Stash.Operator.Tests.Runner;

/// <summary>A push that came in.</summary>
internal sealed record RecordedPush(string Path, string SessionId, string? Message, string? Interval, string Body)
{
    public string? Line(string start) => Body.Split('\n').FirstOrDefault(l => l.StartsWith(start, StringComparison.Ordinal));

    public double Value(string start) => double.Parse((Line(start + " ") ?? throw new InvalidOperationException($"{start} is not in {Body}"))[(start.Length + 1)..], CultureInfo.InvariantCulture);

    public bool Succeeded => Value("restic_session_success") == 1 && Value("restic_session_fail") == 0;
}

/// <summary>
/// A double of a push gateway: it keeps the order of all it gets and answers what the test wants, which no real gateway does on command.
/// </summary>
internal sealed class RecordingGateway : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<RecordedPush> _pushes = new();
    private readonly ConcurrentQueue<RunningSession> _running = new();
    private int _runningRequests;

    private RecordingGateway(WebApplication app) => _app = app;

    public string Address { get; private set; } = "";

    /// <summary>Pushes in the order in which they came, refused ones too.</summary>
    public IReadOnlyList<RecordedPush> Pushes => [.. _pushes];

    /// <summary>Reports of running sessions in the order in which they came.</summary>
    public IReadOnlyList<RunningSession> Running => [.. _running];

    public int RunningRequests => Volatile.Read(ref _runningRequests);

    /// <summary>What the next pushes are answered; the status 200 when not set.</summary>
    public Func<RecordedPush, int> Answer { get; set; } = _ => 200;

    /// <summary>Whether it knows running sessions.</summary>
    public bool KnowsRunning { get; init; } = true;

    public static async Task<RecordingGateway> StartAsync(int port = 0, bool knowsRunning = true)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, port));
        RecordingGateway it = new(builder.Build()) { KnowsRunning = knowsRunning };
        it._app.Run(it.HandleAsync);
        await it._app.StartAsync(TestContext.Current.CancellationToken);
        it.Address = it._app.Urls.First();
        return it;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task HandleAsync(HttpContext context)
    {
        if (context.Request.Path.StartsWithSegments(SessionMetrics.RunningPath, StringComparison.Ordinal))
        {
            Interlocked.Increment(ref _runningRequests);
            if (!KnowsRunning)
            {
                context.Response.StatusCode = 404;
                return;
            }

            _running.Enqueue((await context.Request.ReadFromJsonAsync(StashJson.Default.RunningSession))!);
            context.Response.StatusCode = 204;
            return;
        }

        using StreamReader reader = new(context.Request.Body);
        var message = context.Request.Headers[SessionMetrics.SessionMessageHeader].FirstOrDefault();
        RecordedPush push = new(
            context.Request.Path.Value!,
            context.Request.Headers[SessionMetrics.SessionIdHeader].ToString(),
            message is null ? null : Uri.UnescapeDataString(message),
            context.Request.Headers[SessionMetrics.SessionIntervalHeader].FirstOrDefault(),
            await reader.ReadToEndAsync());
        _pushes.Enqueue(push);
        context.Response.StatusCode = Answer(push);
        await context.Response.WriteAsync(context.Response.StatusCode == 200 ? "" : "the reason in the answer");
    }
}
