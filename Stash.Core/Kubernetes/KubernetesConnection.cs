using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using k8s;
using Stash.Core.Configuration;

namespace Stash.Core.Kubernetes;

/// <summary>
/// The cluster's API server, and the namespace that the operator is in. Opening it does not connect: a server that is away is met by
/// whoever asks it, and is there again when it is.
/// </summary>
public sealed class KubernetesConnection : IDisposable
{
    /// <summary>How long a request that is no watch may take, connecting included.</summary>
    public static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(10);

    private const string NamespaceFile = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

    private readonly KubernetesClientConfiguration _configuration;

    private KubernetesConnection(KubernetesClientConfiguration configuration, string @namespace)
    {
        _configuration = configuration;
        Namespace = @namespace;
        Server = new Uri(configuration.Host);
        Set(configuration);
        Client = new k8s.Kubernetes(configuration, Requests.Counting());
    }

    /// <summary>Of the whole cluster, with the operator's own identity.</summary>
    public IKubernetes Client { get; }

    /// <summary>How many requests there were.</summary>
    public RequestCounts Requests { get; } = new();

    /// <summary>The operator's.</summary>
    public string Namespace { get; }

    /// <summary>Where the API server is.</summary>
    public Uri Server { get; }

    /// <summary>Reads how to reach the cluster.</summary>
    /// <returns>Null where there is none.</returns>
    /// <exception cref="UserErrorException">The kubeconfig or the pod's service account cannot be used.</exception>
    public static KubernetesConnection? Open(KubernetesOptions options)
    {
        if (!options.IsOn)
        {
            return null;
        }

        var configuration = options.Kubeconfig is { } file ? Kubeconfig.Read([file]) : InCluster();
        try
        {
            return new KubernetesConnection(configuration, options.Namespace ?? PodNamespace(options) ?? configuration.Namespace ?? "default");
        }
        catch (Exception e) when (Kubeconfig.IsUnusable(e))
        {
            throw Kubeconfig.Unusable(options.Kubeconfig ?? "The pod's service account", e);
        }
    }

    /// <summary>Reads how a person reaches the cluster.</summary>
    /// <param name="kubeconfigs">Files, as of <c>KUBECONFIG</c>.</param>
    /// <param name="context">Null for the current one.</param>
    /// <param name="namespace">The operator's; null for that of the context.</param>
    /// <exception cref="UserErrorException">The kubeconfig cannot be used.</exception>
    public static KubernetesConnection Open(IReadOnlyList<string> kubeconfigs, string? context, string? @namespace)
    {
        var configuration = Kubeconfig.Read(kubeconfigs, context);
        try
        {
            return new KubernetesConnection(configuration, @namespace ?? configuration.Namespace ?? "default");
        }
        catch (Exception e) when (Kubeconfig.IsUnusable(e))
        {
            throw Kubeconfig.Unusable(string.Join(':', kubeconfigs), e);
        }
    }

    /// <summary>A client of the same API server that asks as somebody else: it has the trust in the server from here, and no token, certificate or password.</summary>
    /// <param name="token">A bearer token of theirs.</param>
    public IKubernetes As(string token)
    {
        KubernetesClientConfiguration theirs = new()
        {
            Host = _configuration.Host,
            SslCaCerts = _configuration.SslCaCerts,
            SkipTlsVerify = _configuration.SkipTlsVerify,
            TlsServerName = _configuration.TlsServerName,
            AccessToken = token,
        };
        Set(theirs);
        return new k8s.Kubernetes(theirs, Requests.Counting());
    }

    public void Dispose() => Client.Dispose();

    private static void Set(KubernetesClientConfiguration configuration)
    {
        configuration.HttpClientTimeout = RequestTimeout;
        configuration.FirstMessageHandlerSetup = handler => Configure((SocketsHttpHandler)handler, configuration);
    }

    private static KubernetesClientConfiguration InCluster()
    {
        if (!KubernetesClientConfiguration.IsInCluster())
        {
            throw new UserErrorException(Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST") is { Length: > 0 }
                ? "This pod has no token of a service account: set automountServiceAccountToken to true in it, or Stash:Kubernetes:Mode to off to run without the cluster."
                : "Stash:Kubernetes:Mode is on, and this is no pod: give a file of the cluster with --kubeconfig FILE, or set it to auto.");
        }

        try
        {
            return KubernetesClientConfiguration.InClusterConfig();
        }
        catch (Exception e) when (Kubeconfig.IsUnusable(e))
        {
            throw Kubeconfig.Unusable("The pod's service account", e);
        }
    }

    /// <summary>A kubeconfig in a pod may lead to another cluster: its own namespace stands then.</summary>
    private static string? PodNamespace(KubernetesOptions options)
    {
        if (options.Kubeconfig is not null)
        {
            return null;
        }

        try
        {
            return File.ReadAllText(NamespaceFile).Trim() is { Length: > 0 } name ? name : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The library's own check of the server's certificate passes over a wrong name where the authority is not the system's: .NET's does not.</summary>
    private static void Configure(SocketsHttpHandler handler, KubernetesClientConfiguration configuration)
    {
        handler.ConnectTimeout = RequestTimeout;
        // A watch has nothing to say for minutes: this tells a server that is silent from one that is gone.
        handler.KeepAlivePingDelay = PingDelay;
        // Longer than a request takes, which then is told as one without an answer.
        handler.KeepAlivePingTimeout = 2 * RequestTimeout;
        handler.KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests;
        if (configuration.SkipTlsVerify || configuration.SslCaCerts is not { } authorities)
        {
            return;
        }

        X509ChainPolicy policy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(authorities);
        handler.SslOptions.CertificateChainPolicy = policy;
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, errors) => errors == SslPolicyErrors.None;
        if (configuration.TlsServerName is { Length: > 0 } name)
        {
            handler.SslOptions.TargetHost = name;
        }
    }
}
