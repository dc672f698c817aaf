using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using k8s.Autorest;
using Stash.Core.Kubernetes;

namespace Stash.Core.Monitoring.Cluster;

/// <summary>A request to the API server did not do what it was to.</summary>
public sealed class ClusterFailureException(ApplyFailure failure, Exception? inner = null) : Exception(failure.Message, inner)
{
    public ApplyFailure Failure => failure;
}

/// <summary>Tells from an answer of the API server, or from none, what is wrong and what to do.</summary>
internal static partial class ClusterFailures
{
    private const int LongestReason = 400;

    /// <param name="e">What the client threw.</param>
    /// <param name="verb">What was asked for, as <c>delete</c>; for a patch of what is not there <c>create</c>.</param>
    /// <param name="what">Of which object; all of its kind where it is named <c>*</c>.</param>
    /// <param name="user">Who asked.</param>
    /// <returns>Null for what is no failure of the cluster.</returns>
    public static ApplyFailure? Of(Exception e, string verb, ObjectRef what, ClusterUser user) => e switch
    {
        HttpOperationException { Response: { } response } => Of(response, verb, what, user) ?? Of(ClusterProblem.Of(e, Right(verb, what), "", user), response),
        HttpRequestException or OperationCanceledException or IOException => Of(ClusterProblem.Of(e, "", ""), null),
        JsonException => new(FailureReason.Unreachable, "What answers in place of the cluster's API server is none: see that its address is right and that no proxy answers for it."),
        _ => null,
    };

    /// <summary>An object of this name is there, and it is not to be touched.</summary>
    /// <param name="what">Which.</param>
    /// <param name="owner">The namespace of the operator that has made it; null where none has.</param>
    public static ApplyFailure OwnedByOther(ObjectRef what, string? owner) => new(FailureReason.OwnedByOther, owner is null
        ? $"{Name(what)} exists and was not made by Stash: delete it, or give Stash's another name."
        : $"{Name(what)} was made by the Stash operator in namespace {owner}: give one of the two another name, or another Prometheus namespace.");

    public static ApplyFailure ServiceNotFound(ObjectRef what) =>
        new(FailureReason.ServiceNotFound, $"{Name(what)} does not exist, and the operator only annotates it: create it, or give the name of the one that leads to the operator with --service-name.");

    public static ApplyFailure BeingDeleted(ObjectRef what) =>
        new(FailureReason.Conflict, $"{Name(what)} is being deleted: it is made again once it is gone. If it stays, see which finalizer holds it.");

    /// <summary>As <c>ServiceMonitor stash-servicemonitor in namespace monitoring</c>.</summary>
    public static string Name(ObjectRef what) => what.Namespace is null ? $"{what.Kind} {what.Name}" : $"{what.Kind} {what.Name} in namespace {what.Namespace}";

    private static ApplyFailure Of(ClusterProblem problem, HttpResponseMessageWrapper? response) => new(
        problem.Kind switch { ClusterProblemKind.Unreachable => FailureReason.Unreachable, ClusterProblemKind.Unauthorized => FailureReason.Unauthorized, _ => FailureReason.ServerError },
        problem.Message,
        response is null ? null : RetryAfter(response, Status(response.Content)));

    /// <summary>As <c>patch servicemonitors.monitoring.coreos.com</c>.</summary>
    private static string Right(string verb, ObjectRef what) => $"{verb} {ClusterKind.Known(what)?.Resource ?? what.Kind}";

    /// <returns>Null for what has nothing to do with the object.</returns>
    private static ApplyFailure? Of(HttpResponseMessageWrapper response, string verb, ObjectRef what, ClusterUser user)
    {
        var status = Status(response.Content);
        return response.StatusCode switch
        {
            HttpStatusCode.Forbidden => Forbidden(status, verb, what, user),
            HttpStatusCode.NotFound => NotFound(status, what),
            HttpStatusCode.Conflict => new(FailureReason.Conflict, $"{Name(what)} was changed by somebody else at the same moment: it is tried again.", RetryAfter(response, status)),
            HttpStatusCode.TooManyRequests => new(FailureReason.TooManyRequests, "The cluster's API server takes no more requests for the moment: it is asked again later. If it stays so, see who loads it.", RetryAfter(response, status)),
            HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity or HttpStatusCode.RequestEntityTooLarge =>
                new(FailureReason.Invalid, $"The cluster does not take {Name(what)}: {Reason(status)}"),
            _ => null,
        };
    }

    private static ApplyFailure Forbidden(JsonNode? status, string verb, ObjectRef what, ClusterUser user)
    {
        if (Details(status)?["causes"] is JsonArray causes && causes.Any(c => c.Text("reason") == "NamespaceTerminating"))
        {
            return new(FailureReason.NamespaceTerminating, $"Namespace {what.Namespace} is being deleted: create it again, or set another Prometheus namespace.");
        }

        var message = status.Text("message") ?? "";
        if (message.Contains("not currently held", StringComparison.Ordinal))
        {
            // The API server lets nobody give away what he does not have.
            return new(FailureReason.Forbidden, $"{user.May} give Prometheus the right to get /metrics, as {user.HasNot}: {user.Ask} the right to get the non-resource URL /metrics. That is for {Name(what)}.");
        }

        if (Denied().IsMatch(message))
        {
            return new(FailureReason.Invalid, $"The cluster does not take {Name(what)}: {Reason(status)}");
        }

        // Server-side apply needs patch, and create too where there is none yet. Of patch the answer says so, of create nothing.
        var right = MissingVerb().Match(message) is { Success: true } match ? match.Groups["verb"].Value : verb;
        var where = what.Namespace is { } name ? $"in namespace {name}" : "in the whole cluster";
        return new(FailureReason.Forbidden, $"{user.May} {Right(right, what)} {where}: {user.Ask} that right.");
    }

    private static ApplyFailure NotFound(JsonNode? status, ObjectRef what) => status switch
    {
        _ when what.Kind == ClusterKind.Monitoring.Kind => OfSettings(status, what),
        _ when status.Text("details", "kind") == "namespaces" => new(FailureReason.NamespaceNotFound, $"There is no namespace {what.Namespace}: create it, or set another Prometheus namespace."),
        _ when what.Kind == ClusterKind.ClusterRoleBinding.Kind && status.Text("details", "kind") == ClusterKind.ClusterRole.Plural =>
            new(FailureReason.ClusterRoleNotFound, $"{Name(what)} waits for the ClusterRole that it binds: see why that is not there."),
        _ when IsOfUnknownKind(status) => new(FailureReason.CustomResourceDefinitionNotFound,
            $"The cluster knows no {what.Kind}: install the Prometheus operator, which brings its CustomResourceDefinition, or set another agent. It is made by itself as soon as that is there."),
        _ => new(FailureReason.Conflict, $"{Name(what)} went away at the same moment: it is tried again."),
    };

    private static ApplyFailure OfSettings(JsonNode? status, ObjectRef what) => status switch
    {
        _ when status.Text("details", "kind") == "namespaces" => new(FailureReason.NamespaceNotFound, $"There is no namespace {what.Namespace}: give the operator's."),
        _ when IsOfUnknownKind(status) => new(FailureReason.CustomResourceDefinitionNotFound, $"The cluster does not know {ClusterKind.Monitoring.Resource}: install Stash there, whose chart brings that CustomResourceDefinition."),
        _ => new(FailureReason.Conflict, $"{Name(what)} went away at the same moment: try again."),
    };

    /// <summary>Whether a 404 is about the path, not about an object: its answer names none, or is plain text.</summary>
    private static bool IsOfUnknownKind(JsonNode? status) => string.IsNullOrEmpty(status.Text("details", "name"));

    private static TimeSpan? RetryAfter(HttpResponseMessageWrapper response, JsonNode? status)
    {
        var text = response.Headers.FirstOrDefault(h => h.Key.Equals("Retry-After", StringComparison.OrdinalIgnoreCase)).Value?.FirstOrDefault()
            ?? Details(status)?["retryAfterSeconds"]?.ToJsonString();
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? TimeSpan.FromSeconds(seconds) : null;
    }

    /// <summary>The API server's own words for what is wrong with an object, which are written for people.</summary>
    private static string Reason(JsonNode? status) => status.Text("message") switch
    {
        null or "" => "it does not say why; its log tells more.",
        { Length: > LongestReason } text => $"{text[..LongestReason]}…",
        var text => text,
    };

    private static JsonObject? Details(JsonNode? status) => (status as JsonObject)?["details"] as JsonObject;

    private static JsonNode? Status(string? content)
    {
        try
        {
            return string.IsNullOrEmpty(content) ? null : JsonNode.Parse(content) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    [GeneratedRegex(@"cannot (?<verb>[a-z]+) resource", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex MissingVerb();

    /// <summary>An admission webhook or policy says no, not a missing right.</summary>
    [GeneratedRegex(@"admission webhook|ValidatingAdmissionPolicy|exceeded quota|denied the request", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Denied();
}
