using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;
using Stash.Core.Api;
using Stash.Core.Monitoring;

namespace Stash.Operator.Api;

/// <summary>Errors of the API as Kubernetes <c>Status</c> objects.</summary>
internal static class ApiStatus
{
    public static KubernetesStatus Of(int code, string reason, string message, StatusDetails? details = null) =>
        new() { Code = code, Reason = reason, Message = message, Details = details };

    /// <summary>400 for one query parameter or header.</summary>
    public static KubernetesStatus BadParameter(string name, string value, string accepted) =>
        BadField(name, $"{name} \"{value}\" is not right: give {accepted}.");

    /// <summary>400 for a query parameter that the endpoint does not have.</summary>
    public static KubernetesStatus UnknownParameter(string name, IEnumerable<string> known) =>
        BadField(name, $"there is no parameter {name}: give one of {string.Join(", ", known)}.");

    public static KubernetesStatus NotFound(string kind, string name) =>
        Of(StatusCodes.Status404NotFound, "NotFound", $"{kind} \"{name}\" not found", new StatusDetails { Group = ApiPaths.Group, Kind = kind, Name = name });

    /// <summary>422 for settings with wrong fields.</summary>
    public static KubernetesStatus Invalid(IReadOnlyList<FieldError> errors) =>
        Of(StatusCodes.Status422UnprocessableEntity, "Invalid", string.Join(' ', errors.Select(e => $"{e.Field}: {e.Message}")), new StatusDetails
        {
            Group = ApiPaths.Group,
            Kind = "Monitoring",
            Name = "stash",
            Causes = [.. errors.Select(e => new StatusCause("FieldValueInvalid", e.Message, e.Field))],
        });

    /// <summary>Settings that were not saved.</summary>
    public static KubernetesStatus Of(SettingsException e)
    {
        StatusDetails settings = new() { Group = "stash.appscode.com", Kind = "Monitoring", Name = "stash" };
        return e.Failure switch
        {
            SettingsFailure.Invalid => Invalid(e.Errors),
            SettingsFailure.Conflict => Of(StatusCodes.Status409Conflict, "Conflict", e.Message, settings),
            SettingsFailure.Forbidden => Of(StatusCodes.Status403Forbidden, "Forbidden", e.Message, settings),
            SettingsFailure.Unavailable => Of(StatusCodes.Status503ServiceUnavailable, "ServiceUnavailable", e.Message, settings),
            _ => Of(StatusCodes.Status500InternalServerError, "InternalError", e.Message),
        };
    }

    /// <summary>429 or 503, to come again after some seconds.</summary>
    public static KubernetesStatus ComeAgain(int code, string message, int seconds) =>
        Of(code, code == StatusCodes.Status429TooManyRequests ? "TooManyRequests" : "ServiceUnavailable", message, new StatusDetails { RetryAfterSeconds = seconds });

    /// <summary>For an answer that has a code and no body: no route, wrong method, a request that could not be read.</summary>
    public static KubernetesStatus ForCode(int code, string path) => code switch
    {
        404 => Of(code, "NotFound", $"there is nothing at {path}"),
        405 => Of(code, "MethodNotAllowed", $"this method is not allowed on {path}"),
        413 => Of(code, "RequestEntityTooLarge", "the request's body is too large"),
        415 => Of(code, "UnsupportedMediaType", "send the body as application/json"),
        400 => Of(code, "BadRequest", "the request could not be read"),
        499 => Of(code, "ClientClosedRequest", "the client was gone before the request had ended"),
        _ => Of(code, code >= 500 ? "InternalError" : "BadRequest", ReasonPhrases.GetReasonPhrase(code)),
    };

    private static KubernetesStatus BadField(string name, string message) =>
        Of(StatusCodes.Status400BadRequest, "BadRequest", message, new StatusDetails { Group = ApiPaths.Group, Causes = [new StatusCause("FieldValueInvalid", message, name)] });

    public static IResult Result(this KubernetesStatus status) =>
        new StatusResult(status);

    public static Task WriteAsync(this KubernetesStatus status, HttpContext context) => status.Result().ExecuteAsync(context);

    /// <summary>The answer; and a feature of the request, for who records what became of it.</summary>
    private sealed class StatusResult(KubernetesStatus status) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Features.Set(status);
            if (status.Details?.RetryAfterSeconds is { } seconds)
            {
                httpContext.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            }

            return Results.Json(status, ReadableJson.Default.KubernetesStatus, statusCode: status.Code).ExecuteAsync(httpContext);
        }
    }
}
