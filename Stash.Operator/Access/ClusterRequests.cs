using System.Collections.Concurrent;
using System.Globalization;
using k8s.Autorest;
using Prometheus;
using Stash.Core.Kubernetes;
using Stash.Operator.Telemetry;

namespace Stash.Operator.Access;

/// <summary>The cluster did not answer, or did not answer the operator.</summary>
/// <param name="problem">For the log.</param>
/// <param name="isRefusal">Whether it answered that the operator may not.</param>
/// <param name="retryAfter">How long it wants to be left alone; null where it does not say.</param>
internal sealed class ClusterUnavailableException(string problem, bool isRefusal, TimeSpan? retryAfter = null) : Exception(problem)
{
    public bool IsRefusal => isRefusal;

    public TimeSpan? RetryAfter => retryAfter;
}

/// <summary>
/// Asks the cluster's API server: in a bounded time, counted, and with what is wrong told once in the log and as long as it lasts in the health check <c>kubernetes</c>.
/// </summary>
internal sealed partial class ClusterRequests
{
    private const string Connection = "connection";

    private readonly KubernetesConnection _cluster;
    private readonly ILogger<ClusterRequests> _logger;
    private readonly ConcurrentDictionary<string, string> _problems = new(StringComparer.Ordinal);
    private readonly Counter _requests;
    private readonly Gauge _reachable;

    public ClusterRequests(KubernetesConnection cluster, OperatorMetrics metrics, ILogger<ClusterRequests> logger)
    {
        _cluster = cluster;
        _logger = logger;
        _requests = metrics.Factory.CreateCounter("stash_kubernetes_requests_total",
            "Requests to the cluster's API server, by what was asked for and whether it was answered.", ["request", "result"]);
        _reachable = metrics.Factory.CreateGauge("stash_kubernetes_reachable", "Whether the cluster's API server answered the last request (1) or not (0).");
    }

    /// <summary>What is wrong at the moment, each with its remedy.</summary>
    public IReadOnlyList<string> Problems => [.. _problems.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => p.Value)];

    /// <param name="kind">What is asked for, of a fixed set: <c>tokenreview</c>.</param>
    /// <param name="right">What the operator needs for it, as <c>create tokenreviews</c>.</param>
    /// <param name="remedy">What gives it that right.</param>
    /// <param name="ask">The request.</param>
    /// <param name="cancellationToken">Of the process; a request has its own bound.</param>
    /// <exception cref="ClusterUnavailableException">There is no answer, within <see cref="KubernetesConnection.RequestTimeout"/>. Its message is for the log.</exception>
    public async Task<T> SendAsync<T>(string kind, string right, string remedy, Func<k8s.IKubernetes, CancellationToken, Task<T>> ask, CancellationToken cancellationToken = default)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bound.CancelAfter(KubernetesConnection.RequestTimeout);
        try
        {
            var answer = await ask(_cluster.Client, bound.Token);
            _requests.WithLabels(kind, "succeeded").Inc();
            Answered();
            Solved(kind);
            return answer;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            _requests.WithLabels(kind, "failed").Inc();
            // Not the exception itself: it holds the request, and that the token.
            var problem = ClusterProblem.Of(e, right, remedy);
            var detail = (e as HttpOperationException)?.Response?.Content ?? e.GetType().Name;
            LogDetail(_logger, right, detail);
            throw new ClusterUnavailableException(Told(kind, problem), problem.Kind == ClusterProblemKind.Forbidden, RetryAfter(e));
        }
    }

    /// <summary>Tells of a request that somebody else has made.</summary>
    /// <param name="kind">As of <see cref="SendAsync{T}"/>; not counted.</param>
    /// <param name="problem">What is wrong with it; null where it was answered.</param>
    public void Note(string kind, ClusterProblem? problem)
    {
        if (problem is null)
        {
            Answered();
            Solved(kind);
        }
        else
        {
            Told(kind, problem);
        }
    }

    /// <summary>Takes back what was noted of requests that are made no more; whether the API server answers is not known by that.</summary>
    public void Forget(string kind) => _problems.TryRemove(kind, out _);

    private static TimeSpan? RetryAfter(Exception e) =>
        (e as HttpOperationException)?.Response?.Headers.FirstOrDefault(h => h.Key.Equals("Retry-After", StringComparison.OrdinalIgnoreCase)).Value?.FirstOrDefault() is { } text
        && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? TimeSpan.FromSeconds(seconds)
            : null;

    private string Told(string kind, ClusterProblem problem)
    {
        if (problem.Kind == ClusterProblemKind.Unreachable)
        {
            _reachable.Set(0);
            return Met(Connection, problem.Message);
        }

        Answered();
        return Met(problem.Kind == ClusterProblemKind.Unauthorized ? Connection : kind, problem.Message);
    }

    private void Answered()
    {
        _reachable.Set(1);
        Solved(Connection);
    }

    private string Met(string kind, string problem)
    {
        if (!_problems.TryGetValue(kind, out var before) || before != problem)
        {
            _problems[kind] = problem;
            LogProblem(_logger, problem, _cluster.Server);
        }

        return problem;
    }

    private void Solved(string kind)
    {
        if (_problems.TryRemove(kind, out var problem))
        {
            LogSolved(_logger, problem);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Problem} It is asked again; its address is {Server}")]
    private static partial void LogProblem(ILogger logger, string problem, Uri server);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The request to {Right} failed: {Detail}")]
    private static partial void LogDetail(ILogger logger, string right, string detail);

    [LoggerMessage(Level = LogLevel.Information, Message = "No more so: {Problem}")]
    private static partial void LogSolved(ILogger logger, string problem);
}
