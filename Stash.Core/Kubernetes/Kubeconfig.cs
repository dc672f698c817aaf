using System.Security.Cryptography;
using k8s;
using k8s.Exceptions;
using k8s.KubeConfigModels;
using YamlDotNet.Core;

namespace Stash.Core.Kubernetes;

/// <summary>Reads a kubeconfig file: the context that it names as the current one.</summary>
internal static class Kubeconfig
{
    /// <exception cref="UserErrorException">The file is missing or no kubeconfig, or its context does not lead to a cluster.</exception>
    public static KubernetesClientConfiguration Read(string path)
    {
        var all = Load(path);
        if (string.IsNullOrEmpty(all.CurrentContext))
        {
            throw Wrong(path, "names no current context", "choose one with kubectl config use-context NAME");
        }

        var context = all.Contexts?.FirstOrDefault(c => c.Name == all.CurrentContext)?.ContextDetails
            ?? throw Wrong(path, $"has no context \"{all.CurrentContext}\", which it names as the current one", "choose one of kubectl config get-contexts");
        var cluster = all.Clusters?.FirstOrDefault(c => c.Name == context.Cluster)?.ClusterEndpoint
            ?? throw Wrong(path, $"has no cluster \"{context.Cluster}\", which its context \"{all.CurrentContext}\" names", "add it with kubectl config set-cluster");
        if (!Uri.TryCreate(cluster.Server, UriKind.Absolute, out var server) || server.Scheme is not ("http" or "https"))
        {
            throw Wrong(path, $"gives cluster \"{context.Cluster}\" no server's address", "set it to https://HOST:PORT");
        }

        if (!string.IsNullOrEmpty(context.User) && all.Users?.Any(u => u.Name == context.User) != true)
        {
            throw Wrong(path, $"has no user \"{context.User}\", which its context \"{all.CurrentContext}\" names", "add it with kubectl config set-credentials");
        }

        try
        {
            var configuration = KubernetesClientConfiguration.BuildConfigFromConfigObject(all);
            return server.Scheme == "http" || configuration.SkipTlsVerify || configuration.SslCaCerts is { Count: > 0 }
                ? configuration
                : throw Wrong(path, $"gives cluster \"{context.Cluster}\" no authority", "set its certificate-authority or certificate-authority-data");
        }
        catch (Exception e) when (IsUnusable(e))
        {
            throw Unusable(path, e);
        }
    }

    /// <summary>What the library throws for files and certificates that it cannot use.</summary>
    public static bool IsUnusable(Exception e) =>
        e is KubeConfigException or KubernetesClientException or CryptographicException or IOException or UnauthorizedAccessException or FormatException or ArgumentException or NotSupportedException;

    public static UserErrorException Unusable(string what, Exception e) => new(
        $"{what} cannot be used to reach the cluster: see that the authority, certificate, key and token that it names are there, can be read by this user, and are what kubectl also takes.", inner: e);

    private static K8SConfiguration Load(string path)
    {
        try
        {
            if (string.IsNullOrWhiteSpace(File.ReadAllText(path)))
            {
                throw Wrong(path, "is empty", "give one that kubectl also takes");
            }

            return KubernetesClientConfiguration.LoadKubeConfig(new FileInfo(path));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UserErrorException($"There is no kubeconfig {path}: give one that exists with --kubeconfig.", inner: e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"The kubeconfig {path} cannot be read: make it a file that this user may read.", inner: e);
        }
        catch (YamlException e)
        {
            throw new UserErrorException(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{path} is no kubeconfig: look at its line {e.Start.Line}. It is YAML with clusters, users and contexts."), inner: e);
        }
        catch (Exception e) when (e is not UserErrorException)
        {
            // The library meets some broken files with exceptions of many kinds.
            throw Wrong(path, "is no kubeconfig", "give one that kubectl also takes", e);
        }
    }

    private static UserErrorException Wrong(string path, string what, string remedy, Exception? inner = null) => new($"The kubeconfig {path} {what}: {remedy}.", inner: inner);
}
