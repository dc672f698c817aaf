using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http.Features;
using Stash.Core.Api;
using Stash.Core.Gateway;
using Stash.Core.Monitoring;
using Stash.Core.Monitoring.Embedded;
using Stash.Core.Sessions;
using Stash.Core.Sessions.Journal;
using Stash.Operator.Access;
using Stash.Operator.Audit;
using Stash.Operator.Health;
using Stash.Operator.Requests;
using Stash.Operator.Telemetry.Requests;

namespace Stash.Operator.Api;

/// <summary>The operator's API on :8443. Everything but health needs a known client (<c>Access</c>); every error is a Kubernetes <c>Status</c>.</summary>
public static partial class StashApi
{
    private const string OpenApiDocument = "v1";

    /// <summary>Settings are the largest body there is.</summary>
    private const int MaxBodyBytes = 1 << 20;

    public static IServiceCollection AddStashApi(this IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(o => o.SerializerOptions.TypeInfoResolverChain.Insert(0, StashJson.Default));
        services.AddOpenApi(OpenApiDocument, o => o.AddDocumentTransformer<OpenApiDescription>());
        services.AddSingleton<EventStream>();
        services.AddRequestMetrics().AddInFlightLimits();
        return services;
    }

    /// <summary>The middleware of the API's listener, then its endpoints.</summary>
    public static void UseStashApi(this WebApplication app)
    {
        app.UseRouting();
        app.UseExactPaths();
        app.UseRequestInfo();
        app.UseRequestMetrics();
        app.UseExceptionHandler(new ExceptionHandlerOptions { ExceptionHandler = WriteFailureAsync });
        app.UseStatusCodePages(c => ApiStatus.ForCode(c.HttpContext.Response.StatusCode, c.HttpContext.Request.SentPath()).WriteAsync(c.HttpContext));
        app.UseInFlightLimits();
        app.Use((context, next) =>
        {
            if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            {
                limit.MaxRequestBodySize = MaxBodyBytes;
            }

            return next(context);
        });
        app.UseAuthentication();
        app.UseCallerMetrics();
        app.UseStashAudit();
        app.UseAuthorization();
        app.MapStashHealth();
        app.MapDiscovery();
        app.MapGroup("").WithAccessAnswers().MapStashApi();
        app.MapOpenApi($"/openapi/{OpenApiDocument}.json");
    }

    private static void MapStashApi(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(ApiPaths.Sessions, ListSessionsAsync).WithOperation("list", "sessions").WithName("listSessions").WithSummary("Sessions, newest first")
            .WithParameters([.. SessionFilters, ("limit", "Sessions of a page: 100 where missing, at most 5,000."), ("continue", "metadata.continue of the page before.")])
            .Produces<SessionList>().Produces<KubernetesStatus>(400);
        routes.MapGet(ApiPaths.Sessions + "/{id}", GetSessionAsync).WithOperation("get", "sessions").WithName("getSession").WithSummary("One session")
            .Produces<Session>().Produces<KubernetesStatus>(404);
        routes.MapGet(ApiPaths.Aggregates, AggregateAsync).WithOperation("list", "aggregates").WithName("aggregateSessions").WithSummary("Sessions per time bucket, per operation and per app")
            .WithParameters([.. SessionFilters, ("bucketSeconds", "Width of a bucket; chosen by the range where missing.")])
            .Produces<SessionAggregates>().Produces<KubernetesStatus>(400);
        routes.MapGet(ApiPaths.Apps, async (SessionJournal journal, CancellationToken ct) => Json(new AppList { Items = await journal.Reader.AppsAsync(ct) }))
            .WithOperation("list", "apps").WithName("listApps").WithSummary("Every app and operation that the journal has known").Produces<AppList>();
        routes.MapGet(ApiPaths.Running, (RunningSessions running) => Json(new RunningList { Items = running.All }))
            .WithOperation("list", "running").WithName("listRunning").WithSummary("Sessions in progress").Produces<RunningList>();
        routes.MapGet(ApiPaths.Events, (EventStream events, HttpContext context) => events.Open(context))
            .WithOperation("watch", "events").WithName("watchEvents").WithSummary("Server-sent events: session, running, ended, settings, reset, shutdown, ping")
            .Produces(200, contentType: "text/event-stream");
        routes.MapGet(ApiPaths.Groups, (GroupStore groups, EmbeddedResources resources) => Json(new GroupList { Gateway = resources.Endpoints?.Gateway ?? "", Scheme = resources.Endpoints?.GatewayScheme ?? "http", Items = groups.Summaries() }))
            .WithOperation("list", "groups").WithName("listGroups").WithSummary("The push gateway's groups").Produces<GroupList>();
        routes.MapGet(ApiPaths.Settings, (IMonitoringSettings settings) => Json(settings.Current))
            .WithOperation("get", "settings").WithName("getSettings").WithSummary("Monitoring settings").Produces<MonitoringManifest>();
        routes.MapPut(ApiPaths.Settings, SaveSettingsAsync).WithOperation("update", "settings", isChange: true).WithName("replaceSettings").WithSummary("Saves monitoring settings; send back the resourceVersion that was read")
            .Accepts<MonitoringManifest>("application/json").Produces<MonitoringManifest>()
            .Produces<KubernetesStatus>(400).Produces<KubernetesStatus>(403).Produces<KubernetesStatus>(409).Produces<KubernetesStatus>(422).Produces<KubernetesStatus>(503);
        routes.MapPost(ApiPaths.SettingsPreview, PreviewSettingsAsync).WithOperation("create", "settings", "preview").WithName("previewSettings").WithSummary("What settings would make; changes nothing")
            .Accepts<MonitoringManifest>("application/json").Produces<SettingsPreview>().Produces<KubernetesStatus>(400);
        routes.MapGet(ApiPaths.WhoAmI, WhoAmIAsync).WithOperation("get", "whoami").WithName("whoAmI").WithSummary("Whom the operator takes the caller for, and what they may")
            .Produces<WhoAmI>().ToWhoeverIsKnown();
    }

    private static (string Name, string Description)[] SessionFilters =>
    [
        ("namespace", "Only these namespaces; repeated, or separated by commas."), ("app", "Only these apps; repeated, or separated by commas."),
        ("operation", "Only sessions of these operations (backup, check, forget, restore …); repeated, or separated by commas."),
        ("outcome", "Succeeded or Failed."), ("from", "Ended at or after this time, RFC 3339."), ("to", "Ended before this time, RFC 3339."),
    ];

    private static async Task<IResult> ListSessionsAsync(HttpRequest request, SessionJournal journal, CancellationToken ct)
    {
        if (!SessionParameters.TryRead(request.Query, ["limit", "continue"], out var parameters, out var error))
        {
            return error.Result();
        }

        try
        {
            var (items, next) = await journal.Reader.ListAsync(parameters.Query, parameters.Limit, parameters.Continue, ct);
            return Json(new SessionList { Items = items, Metadata = new ListMetadata(next) });
        }
        catch (FormatException)
        {
            return ApiStatus.BadParameter("continue", parameters.Continue, "metadata.continue of the page before").Result();
        }
    }

    private static async Task<IResult> GetSessionAsync(string id, SessionJournal journal, CancellationToken ct) =>
        await journal.Reader.FindAsync(id, ct) is { } session ? Json(session) : ApiStatus.NotFound("sessions", id).Result();

    private static async Task<IResult> AggregateAsync(HttpRequest request, SessionJournal journal, CancellationToken ct)
    {
        if (!SessionParameters.TryRead(request.Query, ["bucketSeconds"], out var parameters, out var error))
        {
            return error.Result();
        }

        try
        {
            return Json(await journal.Reader.AggregateAsync(parameters.Query, parameters.BucketSeconds, ct));
        }
        catch (ArgumentOutOfRangeException)
        {
            return ApiStatus.BadParameter("bucketSeconds", request.Query["bucketSeconds"].ToString(),
                string.Create(CultureInfo.InvariantCulture, $"a width that divides the range into at most {SessionReader.MaxBuckets} buckets")).Result();
        }
    }

    private static async Task<IResult> SaveSettingsAsync(HttpRequest request, IMonitoringSettings settings, CancellationToken ct)
    {
        var (manifest, unreadable) = await ReadManifestAsync(request, ct);
        if (manifest is null)
        {
            return unreadable!.Result();
        }

        var errors = MonitoringValidation.Validate(manifest);
        if (errors.Count > 0)
        {
            return ApiStatus.Invalid(errors).Result();
        }

        if (string.IsNullOrEmpty(manifest.Metadata.ResourceVersion))
        {
            return ApiStatus.Invalid([new FieldError("metadata.resourceVersion", "it is missing: send the one that was read, so that nobody's change is lost.")]).Result();
        }

        try
        {
            var change = await settings.SaveAsync(manifest, Author(request.HttpContext), ct);
            AuditRecord.Changed(request.HttpContext, change.Before.Spec, change.After.Spec, StashJson.Default.MonitoringSpec);
            return Json(change.After);
        }
        catch (SettingsException e)
        {
            return ApiStatus.Of(e).Result();
        }
    }

    private static async Task<IResult> PreviewSettingsAsync(HttpRequest request, IMonitoringSettings settings, CancellationToken ct)
    {
        var (manifest, unreadable) = await ReadManifestAsync(request, ct);
        try
        {
            return manifest is null ? unreadable!.Result() : Json(await settings.PreviewAsync(manifest, Author(request.HttpContext), ct));
        }
        catch (SettingsException e)
        {
            return ApiStatus.Of(e).Result();
        }
    }

    private static async Task<IResult> WhoAmIAsync(HttpContext context, AccessRights rights)
    {
        try
        {
            return Json(await WhoAmIEndpoint.OfAsync(context, rights));
        }
        catch (ClusterUnavailableException)
        {
            return Refusal.Unavailable().Status.Result();
        }
    }

    private static SettingsAuthor Author(HttpContext context) => new(Caller.Of(context.User)?.Name ?? "", Caller.BearerToken(context.Request));

    private static async Task<(MonitoringManifest? Manifest, KubernetesStatus? Error)> ReadManifestAsync(HttpRequest request, CancellationToken ct)
    {
        if (!request.HasJsonContentType())
        {
            return (null, ApiStatus.ForCode(415, request.Path));
        }

        try
        {
            return await JsonSerializer.DeserializeAsync(request.Body, SettingsJson.Strict, ct) is { } manifest
                ? (manifest, null)
                : (null, ApiStatus.Of(400, "BadRequest", "the body is null: send the settings as JSON"));
        }
        catch (JsonException e)
        {
            var place = e.Path is { Length: > 2 } path ? $" at {path[2..]}" : "";
            return (null, ApiStatus.Of(400, "BadRequest", $"the body is not the settings as JSON{place}: see GET {ApiPaths.Settings} for their shape"));
        }
        catch (IOException e) when (e is not BadHttpRequestException)
        {
            // No fault of the operator's: the client went away in the middle, or was cut off at the process' end.
            throw new BadHttpRequestException("The body has ended.", StatusCodes.Status499ClientClosedRequest, e);
        }
    }

    private static async Task WriteFailureAsync(HttpContext context)
    {
        // A request that the client spoiled (too large a body, a broken one) has its own code; the rest is ours and stays in the log.
        var error = context.Features.Get<IExceptionHandlerFeature>()?.Error;
        if (error is DbException or { InnerException: DbException })
        {
            var journal = context.RequestServices.GetRequiredService<SessionJournal>();
            await ApiStatus.ComeAgain(StatusCodes.Status503ServiceUnavailable, $"{journal.Name} cannot be read at the moment: {journal.Remedy}", seconds: 5).WriteAsync(context);
            return;
        }

        var code = error is BadHttpRequestException bad ? bad.StatusCode : StatusCodes.Status500InternalServerError;
        var status = code == StatusCodes.Status500InternalServerError
            ? ApiStatus.Of(code, "InternalError", string.Create(CultureInfo.InvariantCulture, $"the request failed in the operator; its log tells more under request {context.TraceIdentifier}"))
            : ApiStatus.ForCode(code, context.Request.Path);
        if (code == StatusCodes.Status500InternalServerError)
        {
            LogFailed(context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(StashApi)), error, context.TraceIdentifier, context.Request.Method, context.Request.Path, error?.GetType().Name);
        }

        context.Response.StatusCode = code;
        await status.WriteAsync(context);
    }

    private static IResult Json<T>(T value) => Results.Json(value, ReadableJson.Default.GetTypeInfo(typeof(T))!);

    [LoggerMessage(Level = LogLevel.Error, Message = "Request {Id} ({Method} {Path}) failed by a fault of the operator ({Type}): set Logging:LogLevel:Default to Debug for the details, and report them")]
    private static partial void LogFailed(ILogger logger, Exception? exception, string id, string method, string path, string? type);
}
