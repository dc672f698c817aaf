using System.Globalization;
using System.Net;
using System.Text.Json;
using Stash.Core.Api;
using Stash.Operator.Access;
using Stash.Operator.Gateway.Access;
using Stash.Operator.Requests;

namespace Stash.Operator.Audit;

/// <summary>One request that changes something, from its arrival to its line in the audit log, which is there before the answer is sent.</summary>
internal sealed class AuditedRequest
{
    private const string Times = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    /// <summary>Characters of a text that the client chose, as in Kubernetes.</summary>
    private const int MaxText = 1024;
    private const int MaxGroups = 32;
    private const int MaxAddresses = 8;
    private const string Cut = "...TRUNCATED";

    private readonly HttpContext _context;
    private readonly AuditLog _log;
    private readonly RequestRate _strangers;
    private readonly AuditMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly AuditRecord _record = new();
    private readonly DateTimeOffset _received;
    private readonly long _begun;
    private int _written;

    /// <param name="context">The request.</param>
    /// <param name="log">Has room for its line.</param>
    /// <param name="strangers">How many requests of nobody known are recorded.</param>
    /// <param name="metrics">Count the others.</param>
    /// <param name="time">The clock.</param>
    public AuditedRequest(HttpContext context, AuditLog log, RequestRate strangers, AuditMetrics metrics, TimeProvider time)
    {
        (_context, _log, _strangers, _metrics, _time) = (context, log, strangers, metrics, time);
        (_received, _begun) = (time.GetUtcNow(), time.GetTimestamp());
        context.Features.Set(_record);
        // Whatever answers, a handler, authorization or the error handler: before its first byte.
        context.Response.OnStarting(() => WriteAsync(context.Response.StatusCode));
        // And where nobody waits for an answer any more.
        context.Response.OnCompleted(() => WriteAsync(context.RequestAborted.IsCancellationRequested ? StatusCodes.Status499ClientClosedRequest : context.Response.StatusCode));
    }

    private Task WriteAsync(int code)
    {
        if (Interlocked.Exchange(ref _written, 1) != 0)
        {
            return Task.CompletedTask;
        }

        _context.Response.Headers[AuditExtensions.IdHeader] = _context.TraceIdentifier;
        // Whoever knocks without a key must not fill the log until what others did is deleted from it.
        if (Caller.Of(_context.User) == Caller.Anonymous && code is StatusCodes.Status401Unauthorized or StatusCodes.Status429TooManyRequests && !_strangers.TryTake())
        {
            _metrics.Unrecorded.Inc();
            _log.Release();
            return Task.CompletedTask;
        }

        return _log.WriteAsync(Line(Event(code)));
    }

    private AuditEvent Event(int code)
    {
        var info = RequestInfo.Of(_context);
        var caller = Caller.Of(_context.User);
        var success = code < StatusCodes.Status400BadRequest;
        return new AuditEvent
        {
            AuditId = _context.TraceIdentifier,
            RequestUri = Bounded(_context.Request.Path.ToUriComponent()),
            Verb = info.Verb,
            User = new AuditUser(Bounded(caller.Name), OrNull(Bounded(caller.Uid)), [.. caller.Groups.Take(MaxGroups).Select(Bounded)]),
            SourceIps = Addresses(),
            UserAgent = Bounded(_context.Request.Headers.UserAgent.ToString()),
            ObjectRef = new AuditObject(OrNull(info.Resource), OrNull(Bounded(info.Name)), OrNull(info.Group), OrNull(info.Version), OrNull(info.Subresource)),
            ResponseStatus = new AuditStatus(success ? "Success" : "Failure", success ? null : _context.Features.Get<KubernetesStatus>() is { } status && status.Code == code ? status.Reason : ReasonOf(code), code),
            RequestReceivedTimestamp = _received.ToString(Times, CultureInfo.InvariantCulture),
            StageTimestamp = _time.GetUtcNow().ToString(Times, CultureInfo.InvariantCulture),
            Authentication = caller == Caller.Anonymous ? "none" : Scheme,
            Success = success,
            DurationSeconds = Math.Round(_time.GetElapsedTime(_begun).TotalSeconds, 6),
            Before = _record.Before,
            After = _record.After,
        };
    }

    private string Scheme => _context.User.Identity?.AuthenticationType ?? "";

    /// <summary>Where it came from. What a proxy says of its client is taken where the proxy is known.</summary>
    private string[] Addresses()
    {
        var proxied = Scheme == "proxy" ? _context.Request.Headers["X-Forwarded-For"].ToString().Split(',', StringSplitOptions.TrimEntries).Take(MaxAddresses) : [];
        var peer = _context.Connection.RemoteIpAddress;
        return [.. proxied.Select(a => IPAddress.TryParse(a, out var address) ? address : null).Append(peer).OfType<IPAddress>().Select(a => (a.IsIPv4MappedToIPv6 ? a.MapToIPv4() : a).ToString())];
    }

    /// <summary>The line, which is never longer than the room for it: what was changed goes out of it first.</summary>
    private static byte[] Line(AuditEvent e)
    {
        var line = Bytes(e);
        if (line.Length > IAuditSink.MaxLine)
        {
            // The settings before are those after in an earlier line.
            line = Bytes(e with { Before = null, Omitted = ["before"] });
        }

        return line.Length > IAuditSink.MaxLine ? Bytes(e with { Before = null, After = null, Omitted = ["before", "after"] }) : line;
    }

    private static byte[] Bytes(AuditEvent e)
    {
        // All but ASCII is escaped: no control character, no letter that turns the direction of writing reaches a terminal.
        var json = JsonSerializer.SerializeToUtf8Bytes(e, AuditJson.Default.AuditEvent);
        return [.. json, (byte)'\n'];
    }

    private static string Bounded(string text) => text.Length <= MaxText ? text : text[..(MaxText - Cut.Length)] + Cut;

    private static string? OrNull(string text) => text.Length == 0 ? null : text;

    /// <summary>For an answer that says no reason itself.</summary>
    private static string? ReasonOf(int code) => code switch
    {
        StatusCodes.Status401Unauthorized => "Unauthorized",
        StatusCodes.Status403Forbidden => "Forbidden",
        StatusCodes.Status499ClientClosedRequest => "ClientClosedRequest",
        _ => null,
    };
}
