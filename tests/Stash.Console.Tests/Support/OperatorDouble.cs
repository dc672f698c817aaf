using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Stash.Console.Operator;
using Stash.Core.Api;
using Stash.Core.Configuration;
using Stash.Core.Monitoring;
using Stash.Core.Sessions;
using Stash.Core.Sessions.Journal;

namespace Stash.Console.Tests.Support;

/// <summary>
/// A double of the operator: its API over real HTTPS, on the real session journal. It can be told to be away, to refuse, and to be
/// slow, which the real one cannot. The real one is met in the end-to-end tests.
/// </summary>
internal sealed class OperatorDouble : IAsyncDisposable
{
    private static readonly WhoAmI Itself = new() { Name = "api-token", Groups = ["stash:admin"], May = new WhoMay { ViewSessions = true, ViewSettings = true, PreviewSettings = true, EditSettings = true } };

    private readonly TempFolder _temporary = new();
    private readonly TestAuthority _authority = new();
    private readonly ConcurrentDictionary<Guid, Channel<SseItem<string>>> _streams = new();
    private readonly ConcurrentDictionary<string, RunningSession> _running = new(StringComparer.Ordinal);
    private readonly ConcurrentBag<OperatorConnection> _connections = [];
    private readonly SessionJournal _journal;
    private WebApplication? _server;
    private CancellationTokenSource _serving = new();
    private int _port;
    private int _resourceVersion = 1;

    private OperatorDouble(SessionJournal journal)
    {
        _journal = journal;
        Folder = DataFolder.Open(_temporary.In("data"));
        Settings = new MonitoringManifest { Metadata = new MonitoringMetadata { ResourceVersion = "1" } };
    }

    public DataFolder Folder { get; }

    public Uri Address => new($"https://127.0.0.1:{_port}");

    public string Token { get; private set; } = "token-of-the-first-start";

    /// <summary>Whom it knows beside its own token, by theirs; as the cluster would say.</summary>
    public ConcurrentDictionary<string, WhoAmI> People { get; } = new(StringComparer.Ordinal);

    /// <summary>Whom it knows by tokens that it has not seen yet.</summary>
    public Func<string, WhoAmI?> Review { get; set; } = _ => null;

    /// <summary>With which token each path was asked for, in order.</summary>
    public ConcurrentQueue<(string Path, string Token)> Asked { get; } = new();

    public MonitoringManifest Settings { get; private set; }

    /// <summary>Answers of <c>POST /settings/preview</c>.</summary>
    public Func<MonitoringManifest, SettingsPreview> Preview { get; set; } = _ => new SettingsPreview { Errors = [], Items = [] };

    /// <summary>An answer in place of the real one, by path; null lets the request through.</summary>
    public Func<HttpRequest, KubernetesStatus?> Refuse { get; set; } = _ => null;

    /// <summary>Requests wait for this before they are answered; the event stream does not.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>Paths and queries asked for, in order.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>The <c>User-Agent</c> of each of them.</summary>
    public ConcurrentQueue<string> Agents { get; } = new();

    /// <summary><c>Last-Event-ID</c> of each opening of the event stream.</summary>
    public ConcurrentQueue<string> Openings { get; } = new();

    public int OpenStreams => _streams.Count;

    /// <summary>Its serving certificate.</summary>
    public string ServerPem { get; private set; } = "";

    public static async Task<OperatorDouble> StartAsync(params Session[] sessions)
    {
        var folder = Directory.CreateTempSubdirectory("stash-test-");
        var journal = await SessionJournal.OpenAsync(
            Path.Combine(folder.FullName, "journal.db"),
            new JournalOptions { MaxAge = TimeSpan.FromDays(4000), MaxSessions = int.MaxValue },
            TimeProvider.System,
            TestContext.Current.CancellationToken);
        var made = new OperatorDouble(journal) { JournalFolder = folder };
        made.WriteCredentials();
        await made.UpAsync();
        if (sessions.Length > 0)
        {
            await journal.AppendAsync(sessions, 0, TestContext.Current.CancellationToken);
        }

        return made;
    }

    /// <summary>A client with the double's own credentials.</summary>
    public OperatorClient NewClient(TimeProvider? time = null)
    {
        var credentials = Credentials;
        var connection = new OperatorConnection(Address, credentials, time ?? TimeProvider.System);
        _connections.Add(connection);
        return new OperatorClient(connection, credentials);
    }

    public OperatorCredentials Credentials => new(new OperatorLinkOptions { Address = Address, CaFile = null, TokenFile = null }, Folder);

    /// <summary>Somebody whom the cluster knows.</summary>
    /// <param name="token">What they show.</param>
    /// <param name="name">Whose it is.</param>
    /// <param name="view">Whether they may look at sessions and settings.</param>
    /// <param name="edit">Whether they may change settings.</param>
    public void Know(string token, string name, bool view = true, bool edit = false) => People[token] = Who(name, view, edit);

    public static WhoAmI Who(string name, bool view = true, bool edit = false) => new()
    {
        Name = name,
        Groups = ["system:authenticated"],
        May = new WhoMay { ViewSessions = view, ViewSettings = view, PreviewSettings = view, EditSettings = edit },
    };

    private DirectoryInfo JournalFolder { get; init; } = null!;

    public void WriteCredentials(string? token = null, string? authority = null)
    {
        Token = token ?? Token;
        File.WriteAllText(Folder.ApiToken, Token + "\n");
        File.WriteAllText(Folder.CaCertificate, authority ?? _authority.Pem);
    }

    /// <summary>A session that ended is pushed: into the journal, then to those who watch.</summary>
    public async Task PushAsync(Session session)
    {
        var added = await _journal.AppendAsync([session], 0, CancellationToken.None);
        _running.TryRemove(session.Id, out _);
        foreach (var (position, item) in added)
        {
            Send(new SseItem<string>(JsonSerializer.Serialize(item, StashJson.Default.Session), "session") { EventId = position.ToString(CultureInfo.InvariantCulture) });
        }
    }

    /// <summary>The stream tells of a session that it has told of before.</summary>
    public void SendAgain(Session session) =>
        Send(new SseItem<string>(JsonSerializer.Serialize(session, StashJson.Default.Session), "session") { EventId = "1" });

    public void Report(RunningSession session)
    {
        _running[session.Id] = session;
        Send(new SseItem<string>(JsonSerializer.Serialize(session, StashJson.Default.RunningSession), "running"));
    }

    public void End(string id)
    {
        _running.TryRemove(id, out _);
        Send(new SseItem<string>(JsonSerializer.Serialize(new EndedEvent(id), StashJson.Default.EndedEvent), "ended"));
    }

    /// <summary>The settings are in a cluster: a save raises their generation, and a controller says later what became of it.</summary>
    public void MoveToCluster(string @namespace, MonitoringSpec spec, MonitoringStatus status) => Settings = new MonitoringManifest
    {
        Metadata = new MonitoringMetadata { Namespace = @namespace, Generation = 1, ResourceVersion = "uid-1" },
        Spec = spec,
        Status = status with { ObservedGeneration = 1 },
    };

    /// <summary>The controller has done what the settings say, or not.</summary>
    public void Settle(MonitoringStatus status) => ChangeSettings(s => s with { Status = status with { ObservedGeneration = s.Metadata.Generation } });

    /// <summary>Somebody else changes the settings.</summary>
    public void ChangeSettings(Func<MonitoringManifest, MonitoringManifest> change)
    {
        var after = change(Settings);
        var generation = after.Spec == Settings.Spec ? after.Metadata.Generation : after.Metadata.Generation + 1;
        Settings = after with { Metadata = after.Metadata with { Generation = generation, ResourceVersion = (++_resourceVersion).ToString(CultureInfo.InvariantCulture) } };
        Send(new SseItem<string>(JsonSerializer.Serialize(Settings, StashJson.Default.MonitoringManifest), "settings"));
    }

    /// <summary>Tells the streams that it stops, and ends them; it takes new ones.</summary>
    public void Stops()
    {
        Send(new SseItem<string>("{}", "shutdown"));
        foreach (var stream in _streams.Values)
        {
            stream.Writer.TryComplete();
        }
    }

    public void Send(SseItem<string> item)
    {
        foreach (var stream in _streams.Values)
        {
            stream.Writer.TryWrite(item);
        }
    }

    /// <summary>The operator stops; its port refuses connections.</summary>
    public async Task DownAsync()
    {
        if (_server is { } server)
        {
            _server = null;
            await _serving.CancelAsync();
            await server.DisposeAsync();
        }
    }

    /// <summary>The operator starts, on the port that it had.</summary>
    public async Task UpAsync()
    {
        _serving = new CancellationTokenSource();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        var certificate = _authority.ServerCertificate(IPAddress.Loopback);
        ServerPem = certificate.ExportCertificatePem();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, _port, listen => listen.UseHttps(certificate)));
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Services.AddRoutingCore();
        builder.Services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.None));
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, StashJson.Default));
        var server = builder.Build();
        server.UseRouting();
        server.Use(GuardAsync);
        Map(server);
        await server.StartAsync();
        _port = new Uri(server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
        _server = server;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _connections)
        {
            connection.Dispose();
        }

        await DownAsync();
        await _journal.DisposeAsync();
        _authority.Dispose();
        _temporary.Dispose();
        JournalFolder.Delete(recursive: true);
    }

    private async Task GuardAsync(HttpContext context, RequestDelegate next)
    {
        Requests.Enqueue(context.Request.Path + context.Request.QueryString);
        Agents.Enqueue(context.Request.Headers.UserAgent.ToString());
        if (context.Request.Path != ApiPaths.Events)
        {
            await Gate;
        }

        var token = context.Request.Headers.Authorization.ToString()["Bearer ".Length..];
        Asked.Enqueue((context.Request.Path, token));
        var who = token == Token ? Itself : People.GetValueOrDefault(token) ?? Review(token);
        context.Features.Set(who);
        var status = who is null ? new KubernetesStatus { Code = 401, Reason = "Unauthorized", Message = "no" }
            : Refuse(context.Request) ?? Forbidden(who, context.Request);
        if (status is null)
        {
            await next(context);
        }
        else
        {
            await Results.Json(status, StashJson.Default.KubernetesStatus, statusCode: status.Code).ExecuteAsync(context);
        }
    }

    private static KubernetesStatus? Forbidden(WhoAmI who, HttpRequest request)
    {
        var may = request.Path.Value switch
        {
            ApiPaths.WhoAmI => true,
            ApiPaths.Settings => request.Method == "PUT" ? who.May.EditSettings : who.May.ViewSettings,
            ApiPaths.SettingsPreview => who.May.PreviewSettings,
            _ => who.May.ViewSessions,
        };
        return may ? null : new KubernetesStatus { Code = 403, Reason = "Forbidden", Message = $"User \"{who.Name}\" cannot {request.Method} {request.Path}" };
    }

    private void Map(WebApplication server)
    {
        server.MapGet(ApiPaths.WhoAmI, (HttpContext context) => context.Features.Get<WhoAmI>()!);
        server.MapGet(ApiPaths.Sessions, async (HttpRequest request) =>
        {
            var limit = int.Parse(request.Query["limit"].ToString(), CultureInfo.InvariantCulture);
            var (items, next) = await _journal.Reader.ListAsync(QueryOf(request), limit, request.Query["continue"].ToString(), request.HttpContext.RequestAborted);
            return new SessionList { Items = items, Metadata = new ListMetadata(next) };
        });
        server.MapGet(ApiPaths.Sessions + "/{id}", async (string id, CancellationToken cancellationToken) =>
            await _journal.Reader.FindAsync(id, cancellationToken) is { } session
                ? Results.Json(session, StashJson.Default.Session)
                : Results.Json(new KubernetesStatus { Code = 404, Reason = "NotFound", Message = $"sessions \"{id}\" not found" }, StashJson.Default.KubernetesStatus, statusCode: 404));
        server.MapGet(ApiPaths.Aggregates, (HttpRequest request) => _journal.Reader.AggregateAsync(QueryOf(request), null, request.HttpContext.RequestAborted));
        server.MapGet(ApiPaths.Apps, async (CancellationToken cancellationToken) => new AppList { Items = await _journal.Reader.AppsAsync(cancellationToken) });
        server.MapGet(ApiPaths.Running, () => new RunningList { Items = [.. _running.Values] });
        server.MapGet(ApiPaths.Groups, () => new GroupList { Gateway = "127.0.0.1:59091", Scheme = "https", Items = [] });
        server.MapGet(ApiPaths.Settings, () => Settings);
        server.MapPut(ApiPaths.Settings, (MonitoringManifest manifest) =>
        {
            if (manifest.Metadata.ResourceVersion != Settings.Metadata.ResourceVersion)
            {
                return Results.Json(new KubernetesStatus { Code = 409, Reason = "Conflict", Message = "the settings were changed meanwhile" }, StashJson.Default.KubernetesStatus, statusCode: 409);
            }

            var errors = MonitoringValidation.Validate(manifest);
            if (errors.Count > 0)
            {
                var details = new StatusDetails { Causes = [.. errors.Select(e => new StatusCause("FieldValueInvalid", e.Message, e.Field))] };
                return Results.Json(new KubernetesStatus { Code = 422, Reason = "Invalid", Message = "the settings are not valid", Details = details }, StashJson.Default.KubernetesStatus, statusCode: 422);
            }

            ChangeSettings(s => s with { Spec = manifest.Spec, Status = s.Metadata.Namespace is null ? null : s.Status });
            return Results.Json(Settings, StashJson.Default.MonitoringManifest);
        });
        server.MapPost(ApiPaths.SettingsPreview, (MonitoringManifest manifest) => Preview(manifest));
        server.MapGet(ApiPaths.Events, (HttpContext context) =>
        {
            Openings.Enqueue(context.Request.Headers["Last-Event-ID"].ToString());
            return TypedResults.ServerSentEvents(EventsAsync(context.RequestAborted));
        });
    }

    private async IAsyncEnumerable<SseItem<string>> EventsAsync([EnumeratorCancellation] CancellationToken aborted)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(aborted, _serving.Token);
        var stream = Channel.CreateUnbounded<SseItem<string>>();
        var key = Guid.NewGuid();
        _streams[key] = stream;
        try
        {
            yield return new SseItem<string>("{}", "ping");
            await foreach (var item in stream.Reader.ReadAllAsync(ending.Token))
            {
                yield return item;
            }
        }
        finally
        {
            _streams.TryRemove(key, out _);
        }
    }

    private static SessionQuery QueryOf(HttpRequest request) => new()
    {
        Namespaces = [.. request.Query["namespace"].OfType<string>()],
        Apps = [.. request.Query["app"].OfType<string>()],
        Operations = [.. request.Query["operation"].OfType<string>()],
        Outcome = Enum.TryParse<SessionOutcome>(request.Query["outcome"], out var outcome) ? outcome : null,
        From = TimeOf(request, "from"),
        To = TimeOf(request, "to"),
    };

    private static DateTimeOffset? TimeOf(HttpRequest request, string name) =>
        DateTimeOffset.TryParse(request.Query[name], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
}
