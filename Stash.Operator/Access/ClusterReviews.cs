using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using k8s;
using k8s.Models;
using Stash.Operator.Requests;

namespace Stash.Operator.Access;

/// <summary>
/// Has the cluster say whose a token is (TokenReview) and what a caller may do (SubjectAccessReview). An answer is used for ten seconds at most;
/// no token is kept, its hash is.
/// </summary>
internal sealed class ClusterReviews(ClusterRequests cluster, TimeProvider time)
{
    /// <summary>Of each kind, allowed and refused apart.</summary>
    private const int Capacity = 4096;

    private const string Delegator = "bind the ClusterRole system:auth-delegator to its service account";

    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(10);

    private readonly Answers<Caller?> _callers = new(Lifetime, Capacity, c => c is not null, time);
    private readonly Answers<bool> _rights = new(Lifetime, Capacity, allowed => allowed, time);

    /// <summary>Whose token it is, where that was found out a short time ago.</summary>
    /// <param name="hash">SHA-256 of the token.</param>
    /// <param name="caller">Null where it is nobody's.</param>
    public bool TryGet(ReadOnlySpan<byte> hash, [MaybeNullWhen(false)] out Caller? caller) => _callers.TryGet(Convert.ToHexString(hash), out caller);

    /// <summary>Whose token it is; null where it is nobody's.</summary>
    /// <exception cref="ClusterUnavailableException">The cluster does not answer.</exception>
    public Task<Caller?> CallerOfAsync(string token, CancellationToken cancellationToken) =>
        _callers.GetAsync(Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token))), () => ReviewAsync(token), cancellationToken);

    /// <exception cref="ClusterUnavailableException">The cluster does not answer.</exception>
    public Task<bool> MayAsync(Caller caller, RequestInfo request, string path, CancellationToken cancellationToken)
    {
        if (request.Resource.Length == 0)
        {
            return MayAsync(caller, null, new V1NonResourceAttributes { Path = request.Path.Length > 0 ? request.Path : path, Verb = request.Verb }, cancellationToken);
        }

        return MayAsync(
            caller,
            new V1ResourceAttributes
            {
                Group = request.Group,
                Version = request.Version,
                Resource = request.Resource,
                Subresource = request.Subresource,
                Verb = request.Verb,
                Name = request.Name,
            },
            cancellationToken);
    }

    /// <summary>For a resource of any API.</summary>
    /// <exception cref="ClusterUnavailableException">The cluster does not answer.</exception>
    public Task<bool> MayAsync(Caller caller, V1ResourceAttributes resource, CancellationToken cancellationToken) => MayAsync(caller, resource, null, cancellationToken);

    private Task<bool> MayAsync(Caller caller, V1ResourceAttributes? resource, V1NonResourceAttributes? path, CancellationToken cancellationToken)
    {
        V1SubjectAccessReviewSpec spec = new()
        {
            User = caller.Name,
            Uid = caller.Uid,
            Groups = [.. caller.Groups],
            Extra = caller.Extra.ToDictionary(e => e.Key, IList<string> (e) => [.. e.Value], StringComparer.Ordinal),
            ResourceAttributes = resource,
            NonResourceAttributes = path,
        };

        // The question in full is its key.
        var key = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(KubernetesJson.Serialize(spec))));
        return _rights.GetAsync(key, () => ReviewAsync(spec), cancellationToken);
    }

    private async Task<Caller?> ReviewAsync(string token)
    {
        V1TokenReview review = new() { ApiVersion = "authentication.k8s.io/v1", Kind = "TokenReview", Spec = new V1TokenReviewSpec { Token = token } };
        var answer = await cluster.SendAsync("tokenreview", "create tokenreviews.authentication.k8s.io", Delegator,
            (client, stop) => client.AuthenticationV1.CreateTokenReviewAsync(review, cancellationToken: stop));
        if (answer.Status is not { Authenticated: true, User: { } user } || string.IsNullOrEmpty(user.Username))
        {
            return null;
        }

        return new Caller
        {
            Name = user.Username,
            Uid = user.Uid ?? "",
            Groups = [.. user.Groups ?? []],
            Extra = (user.Extra ?? new Dictionary<string, IList<string>>(StringComparer.Ordinal)).ToDictionary(e => e.Key, IReadOnlyList<string> (e) => [.. e.Value], StringComparer.Ordinal),
        }.AsAuthenticated();
    }

    private async Task<bool> ReviewAsync(V1SubjectAccessReviewSpec spec)
    {
        V1SubjectAccessReview review = new() { ApiVersion = "authorization.k8s.io/v1", Kind = "SubjectAccessReview", Spec = spec };
        var answer = await cluster.SendAsync("subjectaccessreview", "create subjectaccessreviews.authorization.k8s.io", Delegator,
            (client, stop) => client.AuthorizationV1.CreateSubjectAccessReviewAsync(review, cancellationToken: stop));
        return answer.Status is { Allowed: true, Denied: not true };
    }
}
