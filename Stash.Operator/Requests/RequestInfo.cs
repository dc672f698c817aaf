using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Features;
using Stash.Core.Api;

namespace Stash.Operator.Requests;

/// <summary>
/// What a request to the API asks for, in the terms of Kubernetes' authorization and metrics. It comes from the endpoint that
/// will answer, never from how the path is written, so that no spelling of a path gets by a rule; all its values but <see cref="Name"/> are from a fixed set.
/// </summary>
internal sealed record RequestInfo
{
    /// <summary>The verb of a resource (<c>get</c>, <c>list</c>, <c>watch</c>, <c>create</c>, <c>update</c>), else the method in lower case; <c>other</c> for one that HTTP does not know.</summary>
    public required string Verb { get; init; }

    /// <summary>The path of an endpoint that is no resource, as <c>/metrics</c>; empty for a resource, and where nothing is.</summary>
    public string Path { get; init; } = "";

    public string Group { get; init; } = "";

    public string Version { get; init; } = "";

    /// <summary>As <c>sessions</c>; empty where the request is for none.</summary>
    public string Resource { get; init; } = "";

    public string Subresource { get; init; } = "";

    /// <summary>Of one object; the client chose it.</summary>
    public string Name { get; init; } = "";

    /// <summary>Whether there is an endpoint for it.</summary>
    public required bool IsKnown { get; init; }

    /// <summary>Whether everybody may.</summary>
    public bool IsOpen { get; init; }

    /// <summary>Whether it is the kind of request that Kubernetes counts among <c>mutating</c>.</summary>
    public required bool IsMutating { get; init; }

    /// <summary>Whether it leaves something changed, and belongs into the audit log.</summary>
    public bool IsChange { get; init; }

    /// <summary>Whether it is a stream, which ends when its client does.</summary>
    public bool IsLongRunning => Verb == "watch";

    /// <summary>Of the request, once <see cref="RequestInfoExtensions.UseRequestInfo"/> has run.</summary>
    public static RequestInfo Of(HttpContext context) => context.Features.GetRequiredFeature<RequestInfo>();

    internal static RequestInfo Read(HttpContext context)
    {
        var endpoint = context.GetEndpoint();
        var method = MethodOf(context.Request.Method);
        var mutating = method is not ("get" or "head" or "options" or "other");
        // Routing answers a wrong method with an endpoint of its own, which has no pattern.
        if (endpoint is not RouteEndpoint route)
        {
            return new RequestInfo { Verb = method, IsKnown = false, IsMutating = mutating };
        }

        var open = route.Metadata.GetMetadata<IAllowAnonymous>() is not null;
        if (route.Metadata.GetMetadata<ApiOperation>() is not { } operation)
        {
            return new RequestInfo { Verb = method, Path = route.RoutePattern.RawText ?? "", IsKnown = true, IsOpen = open, IsMutating = mutating };
        }

        return Of(operation) with
        {
            Name = context.Request.RouteValues.TryGetValue("id", out var id) ? id as string ?? "" : "",
            IsOpen = open,
            IsMutating = mutating,
        };
    }

    /// <summary>What a request for an operation would ask for.</summary>
    internal static RequestInfo Of(ApiOperation operation) => new()
    {
        Verb = operation.Verb,
        Group = ApiPaths.Group,
        Version = ApiPaths.Version,
        Resource = operation.Resource,
        Subresource = operation.Subresource,
        IsKnown = true,
        IsMutating = operation.IsChange,
        IsChange = operation.IsChange,
    };

    internal static string MethodOf(string method) => method switch
    {
        "GET" => "get",
        "HEAD" => "head",
        "PUT" => "put",
        "POST" => "post",
        "PATCH" => "patch",
        "DELETE" => "delete",
        "OPTIONS" => "options",
        "CONNECT" => "connect",
        "TRACE" => "trace",
        _ => "other",
    };
}

/// <summary>What an endpoint does to which resource; metadata of the endpoint.</summary>
/// <param name="Verb">A verb of Kubernetes' authorization.</param>
/// <param name="Resource">As <c>settings</c>.</param>
/// <param name="Subresource">As <c>preview</c>; empty for none.</param>
/// <param name="IsChange">Whether something is changed by it.</param>
internal sealed record ApiOperation(string Verb, string Resource, string Subresource, bool IsChange);

internal static class RequestInfoExtensions
{
    /// <summary>Says what an endpoint does to which resource of the API's group.</summary>
    public static TBuilder WithOperation<TBuilder>(this TBuilder builder, string verb, string resource, string subresource = "", bool isChange = false)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new ApiOperation(verb, resource, subresource, isChange));

    /// <summary>Finds out what each request asks for; after routing.</summary>
    public static void UseRequestInfo(this IApplicationBuilder app) => app.Use(next => context =>
    {
        context.Features.Set(RequestInfo.Read(context));
        return next(context);
    });
}
