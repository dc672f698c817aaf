using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Stash.Core.Configuration;
using Stash.Core.Kubernetes;
using Stash.Operator.Requests;
using Stash.Operator.Tls;

namespace Stash.Operator.Access;

/// <summary>
/// Finds out who sends a request, in the order of Kubernetes' servers: by what a front proxy says, by a client certificate, by a bearer token; the first that
/// is good counts. Of wrong ones an address may show a limited number; one that is right is taken however many wrong ones were shown beside it.
/// </summary>
internal sealed class AccessAuthenticationHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory logger,
    UrlEncoder encoder,
    StashOptions stash,
    TokenFiles files,
    ClientCertificates certificates,
    FailedTries tries,
    AccessMetrics metrics,
    ClusterReviews? reviews = null,
    ClusterAuthorities? authorities = null)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "Access";

    private IPAddress Address => Context.Connection.RemoteIpAddress ?? IPAddress.None;

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (RequestInfo.Of(Context).IsOpen)
        {
            return AuthenticateResult.NoResult();
        }

        var certificate = Context.Connection.ClientCertificate;
        var why = "";
        if (certificate is not null && Shown(certificate, out why) is { } shown)
        {
            return Success(shown.Caller, shown.Method);
        }

        if (Caller.BearerToken(Request) is { } token)
        {
            return await TokenAsync(token);
        }

        if (certificate is null)
        {
            metrics.Count("none", AccessMetrics.Refused);
            return AuthenticateResult.NoResult();
        }

        return authorities is { IsAwaited: true }
            ? Unavailable("certificate")
            : Refused("certificate", tries.Add(Address), $"The client certificate is not taken: {why}.");
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties) =>
        (Context.Features.Get<Refusal>() ?? Refusal.Unauthorized(stash, "")).WriteAsync(Context);

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        (Context.Features.Get<Refusal>() ?? Refusal.Forbidden(Caller.Of(Context.User), RequestInfo.Of(Context), Request.Path)).WriteAsync(Context);

    private (Caller Caller, string Method)? Shown(X509Certificate2 certificate, out string why)
    {
        why = "";
        var trust = authorities?.Current;
        // The headers first: without them no chain needs to be built for nothing.
        if (trust?.Proxy is { } proxy && proxy.CallerOf(Request.Headers) is { } named
            && certificates.TryVerify(certificate, proxy.Authorities, out _) && proxy.IsAllowed(CertificateUser.NameOf(certificate)))
        {
            return (named, "proxy");
        }

        var byCluster = "";
        if ((trust is { Clients.Count: > 0 } && certificates.TryVerify(certificate, trust.Clients, out byCluster)) || certificates.TryVerify(certificate, out why))
        {
            why = "its subject has no common name (CN), which is the user's name";
            return CertificateUser.Of(certificate) is { } user ? (user, "certificate") : null;
        }

        why = byCluster.Length == 0 || byCluster == why ? why : $"by the cluster's authorities, {byCluster}; by the operator's, {why}";
        return null;
    }

    private async Task<AuthenticateResult> TokenAsync(string token)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(token));
        if (files.Find(hash) is { } local)
        {
            Context.Features.Set(LocalRights.Instance);
            return Success(local, "token");
        }

        if (reviews is null)
        {
            return Refused("token", tries.Add(Address), "The token is none that is known here.");
        }

        const string Unknown = "The token is none that the cluster knows, or it has expired.";
        if (reviews.TryGet(hash, out var known))
        {
            return known is not null ? Success(known, "token") : Refused("token", tries.Add(Address), Unknown);
        }

        using var bound = CancellationTokenSource.CreateLinkedTokenSource(Context.RequestAborted);
        bound.CancelAfter(KubernetesConnection.RequestTimeout);
        try
        {
            if (await tries.EnterAsync(Address, bound.Token) is { } wait)
            {
                // Meanwhile somebody else may have shown the same one, and it was right.
                return reviews.TryGet(hash, out known) && known is not null ? Success(known, "token") : Refused("token", wait, "");
            }

            var failed = false;
            try
            {
                known = await reviews.CallerOfAsync(token, bound.Token);
                failed = known is null;
            }
            finally
            {
                tries.Leave(Address, failed);
            }

            return known is not null ? Success(known, "token") : Refused("token", null, Unknown);
        }
        catch (Exception e) when (e is ClusterUnavailableException || (e is OperationCanceledException && !Context.RequestAborted.IsCancellationRequested))
        {
            return Unavailable("token");
        }
    }

    private AuthenticateResult Success(Caller caller, string method)
    {
        metrics.Count(method, AccessMetrics.Accepted);
        return AuthenticateResult.Success(new AuthenticationTicket(caller.ToPrincipal(method), SchemeName));
    }

    /// <param name="method">What was shown.</param>
    /// <param name="wait">How long to stay away, where too many were wrong before.</param>
    /// <param name="why">What is wrong with it.</param>
    private AuthenticateResult Refused(string method, TimeSpan? wait, string why)
    {
        metrics.Count(method, wait is null ? AccessMetrics.Refused : AccessMetrics.Limited);
        Context.Features.Set(wait is { } time ? Refusal.TooMany(time) : Refusal.Unauthorized(stash, why));
        return AuthenticateResult.Fail("Refused.");
    }

    private AuthenticateResult Unavailable(string method)
    {
        metrics.Count(method, AccessMetrics.Unavailable);
        Context.Features.Set(Refusal.Unavailable());
        return AuthenticateResult.Fail("Unavailable.");
    }
}
