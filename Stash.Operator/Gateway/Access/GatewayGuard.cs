using System.Globalization;
using Microsoft.AspNetCore.Http.Features;
using Stash.Core.Configuration;
using Stash.Core.Configuration.Web;

namespace Stash.Operator.Gateway.Access;

/// <summary>What stands before the push gateway: the turn of connections that sent many bad requests, pages of other sites, who may do what.</summary>
internal sealed class GatewayGuard
{
    private readonly FloodControl _flood;
    private readonly AccessControl? _access;
    private readonly Func<WebConfig>? _web;
    private readonly RequestRate? _rate;
    private readonly SameOrigin _origin;
    private readonly string _prefix;
    private readonly GatewayTraffic _traffic;

    /// <param name="options">Prefix and external address.</param>
    /// <param name="flood">Counts bad requests.</param>
    /// <param name="access">Null where everything is open.</param>
    /// <param name="web">The web configuration of the moment; null where there is none.</param>
    /// <param name="time">The clock.</param>
    public GatewayGuard(GatewayOptions options, FloodControl flood, AccessControl? access, Func<WebConfig>? web, TimeProvider time)
    {
        (_flood, _access, _web, _prefix, _traffic) = (flood, access, web, options.RoutePrefix, options.Traffic);
        _origin = new SameOrigin(options.ExternalUrl, !options.SystemdSocket && options.Addresses.All(a => System.Net.IPAddress.IsLoopback(a.Address)));
        _rate = web is not null && web().RateInterval > TimeSpan.Zero ? new RequestRate(web().RateInterval, web().RateBurst, time) : null;
    }

    public void Use(IApplicationBuilder app) => app.Use(next => context =>
    {
        if (_flood.IsAnyOwing || _access is not null || _web is not null)
        {
            return GuardAsync(context, next);
        }

        return BeyondLimit(context) is { } beyond ? BeyondAsync(context, beyond) : IsFromElsewhere(context.Request) ? RefuseAsync(context) : next(context);
    });

    /// <summary>What the server itself would refuse with no more than the status; it does so from twice as much. Of the headers' bytes it alone keeps count.</summary>
    private (int Status, string Message)? BeyondLimit(HttpContext context)
    {
        if (context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Length > _traffic.MaxRequestLineBytes)
        {
            return (StatusCodes.Status414UriTooLong, string.Create(CultureInfo.InvariantCulture, $"the path is longer than {_traffic.MaxRequestLineBytes} bytes: shorten the labels in it, or raise Stash:Gateway:MaxRequestLineBytes"));
        }

        var headers = context.Request.Headers;
        if (headers.Count > _traffic.MaxHeaders)
        {
            return (StatusCodes.Status431RequestHeaderFieldsTooLarge, string.Create(CultureInfo.InvariantCulture, $"the request has {headers.Count} headers, {_traffic.MaxHeaders} are taken: send fewer, or raise Stash:Gateway:MaxHeaders"));
        }

        return null;
    }

    private static Task BeyondAsync(HttpContext context, (int Status, string Message) limit) => PlainText.ErrorAsync(context, limit.Status, limit.Message);

    private async Task GuardAsync(HttpContext context, RequestDelegate next)
    {
        if (_flood.IsAnyOwing && await _flood.WaitAsync(context) is { } stay)
        {
            await BusyAsync(context, stay, "this connection has sent too many requests that were refused, and too many others wait as it does: mend the requests, or raise Stash:Gateway:BadRequestsPerSecond or Stash:Gateway:MaxWaiting");
            return;
        }

        if (_web is not null)
        {
            foreach (var (name, value) in _web().Headers)
            {
                context.Response.Headers[name] = value;
            }
        }

        if (_rate is not null && !_rate.TryTake())
        {
            await BusyAsync(context, TimeSpan.FromSeconds(1), "more requests than rate_limit in the web configuration file allows: send fewer, or raise it");
            return;
        }

        if (BeyondLimit(context) is { } beyond)
        {
            await BeyondAsync(context, beyond);
            return;
        }

        if (IsFromElsewhere(context.Request))
        {
            await RefuseAsync(context);
            return;
        }

        if (_access is not null)
        {
            var kind = KindOf(context);
            switch (await _access.CheckAsync(kind, context.Request.Headers.Authorization, context.RequestAborted))
            {
                case AccessVerdict.Refused:
                    context.Response.Headers.WWWAuthenticate = _access.Challenge(kind);
                    await PlainText.ErrorAsync(context, StatusCodes.Status401Unauthorized, "Unauthorized");
                    return;
                case AccessVerdict.Busy:
                    await BusyAsync(context, TimeSpan.FromSeconds(1), "too many passwords wait to be checked: come again");
                    return;
            }
        }

        await next(context);
    }

    private AccessKind KindOf(HttpContext context)
    {
        var path = RequestPath.Of(context).AsSpan();
        return path.StartsWith(_prefix, StringComparison.Ordinal) ? AccessKinds.Of(context.Request.Method, path[_prefix.Length..]) : AccessKinds.Of(context.Request.Method, path);
    }

    private bool IsFromElsewhere(HttpRequest request) =>
        !HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method) && !HttpMethods.IsOptions(request.Method) && !_origin.Allows(request);

    private static Task RefuseAsync(HttpContext context) => PlainText.ErrorAsync(
        context, StatusCodes.Status403Forbidden, "the request comes from a page of another site: only the gateway's own page may change anything. Behind a proxy, set --web.external-url (Stash:Gateway:ExternalUrl) to the address in the browser");

    private static Task BusyAsync(HttpContext context, TimeSpan stay, string message)
    {
        context.Response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(stay.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        return PlainText.ErrorAsync(context, StatusCodes.Status429TooManyRequests, message);
    }
}
