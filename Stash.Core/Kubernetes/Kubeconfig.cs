using System.Security.Cryptography;
using k8s;
using k8s.Exceptions;
using k8s.KubeConfigModels;
using YamlDotNet.Core;

namespace Stash.Core.Kubernetes;

/// <summary>Reads a kubeconfig: the context that it names as the current one, or another.</summary>
internal static class Kubeconfig
{
    /// <param name="paths">The file; or several, as of <c>KUBECONFIG</c>: those that are there.</param>
    /// <param name="name">The context; null for the current one.</param>
    /// <exception cref="UserErrorException">A file is missing or no kubeconfig, or its context does not lead to a cluster.</exception>
    public static KubernetesClientConfiguration Read(IReadOnlyList<string> paths, string? name = null)
    {
        var (path, all, chosen) = Load(paths, name);
        if (string.IsNullOrEmpty(chosen))
        {
            throw Wrong(path, "names no current context", "choose one with kubectl config use-context NAME");
        }

        var context = all.Contexts?.FirstOrDefault(c => c.Name == chosen)?.ContextDetails
            ?? throw Wrong(path, $"has no context \"{chosen}\"{(name is null ? ", which it names as the current one" : "")}", "choose one of kubectl config get-contexts");
        var cluster = all.Clusters?.FirstOrDefault(c => c.Name == context.Cluster)?.ClusterEndpoint
            ?? throw Wrong(path, $"has no cluster \"{context.Cluster}\", which its context \"{chosen}\" names", "add it with kubectl config set-cluster");
        if (!Uri.TryCreate(cluster.Server, UriKind.Absolute, out var server) || server.Scheme is not ("http" or "https"))
        {
            throw Wrong(path, $"gives cluster \"{context.Cluster}\" no server's address", "set it to https://HOST:PORT");
        }

        if (!string.IsNullOrEmpty(context.User) && all.Users?.Any(u => u.Name == context.User) != true)
        {
            throw Wrong(path, $"has no user \"{context.User}\", which its context \"{chosen}\" names", "add it with kubectl config set-credentials");
        }

        try
        {
            var configuration = KubernetesClientConfiguration.BuildConfigFromConfigObject(all, chosen);
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

    /// <summary>Of several files the one that has the context: cluster and user are looked for beside it.</summary>
    private static (string Path, K8SConfiguration All, string? Context) Load(IReadOnlyList<string> paths, string? name)
    {
        string[] there = paths.Count == 1 ? [paths[0]] : [.. paths.Where(File.Exists)];
        if (there.Length == 0)
        {
            throw new UserErrorException($"There is no kubeconfig {string.Join(", nor ", paths)}: give one that exists with --kubeconfig.");
        }

        var all = there.Select(p => (Path: p, Content: Load(p))).ToList();
        var chosen = name ?? all.Select(f => f.Content.CurrentContext).FirstOrDefault(c => !string.IsNullOrEmpty(c));
        var (path, content) = all.Find(f => f.Content.Contexts?.Any(c => c.Name == chosen) == true) is { Path: not null } found ? found : all[0];
        return (path, content, chosen);
    }

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
