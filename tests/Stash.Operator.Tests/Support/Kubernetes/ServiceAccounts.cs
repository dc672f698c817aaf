using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace Stash.Operator.Tests.Support.Kubernetes;

/// <summary>Service accounts, their tokens and rights.</summary>
internal static class ServiceAccounts
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>Creates one, and its namespace.</summary>
    /// <returns>A token of it, good for an hour.</returns>
    public static async Task<string> ServiceAccountAsync(this KubeCluster cluster, string @namespace, string name)
    {
        await OnceAsync(() => cluster.Admin.CoreV1.CreateNamespaceAsync(new V1Namespace { Metadata = new V1ObjectMeta { Name = @namespace } }, cancellationToken: Stop));
        await OnceAsync(() => cluster.Admin.CoreV1.CreateNamespacedServiceAccountAsync(new V1ServiceAccount { Metadata = new V1ObjectMeta { Name = name } }, @namespace, cancellationToken: Stop));
        var request = new Authenticationv1TokenRequest { Spec = new V1TokenRequestSpec { Audiences = [KubeCluster.Issuer], ExpirationSeconds = 3600 } };
        return (await cluster.Admin.CoreV1.CreateNamespacedServiceAccountTokenAsync(request, name, @namespace, cancellationToken: Stop)).Status.Token;
    }

    /// <summary>A token of a service account, signed with the cluster's key, that ends at a time of the test's choice.</summary>
    public static async Task<string> SignAsync(this KubeCluster cluster, string @namespace, string name, DateTimeOffset end)
    {
        var account = await cluster.Admin.CoreV1.ReadNamespacedServiceAccountAsync(name, @namespace, cancellationToken: Stop);
        var claims = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["iss"] = KubeCluster.Issuer,
            ["aud"] = new[] { KubeCluster.Issuer },
            ["sub"] = $"system:serviceaccount:{@namespace}:{name}",
            ["iat"] = end.AddHours(-1).ToUnixTimeSeconds(),
            ["nbf"] = end.AddHours(-1).ToUnixTimeSeconds(),
            ["exp"] = end.ToUnixTimeSeconds(),
            ["kubernetes.io"] = new Dictionary<string, object>(StringComparer.Ordinal) { ["namespace"] = @namespace, ["serviceaccount"] = new Dictionary<string, string>(StringComparer.Ordinal) { ["name"] = name, ["uid"] = account.Metadata.Uid } },
        });
        var text = $"{Text("""{"alg":"RS256","typ":"JWT"}"""u8)}.{Text(claims)}";
        return $"{text}.{Text(cluster.TokenKey.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
    }

    /// <summary>The operator's own, with the rights that docs/access.md gives it and no other.</summary>
    /// <returns>Its kubeconfig.</returns>
    public static async Task<string> OperatorAsync(this KubeCluster cluster)
    {
        var token = await cluster.ServiceAccountAsync("stash", "stash-operator");
        await cluster.ApplyAsync(Docs.Manifest("the operator"));
        return cluster.KubeconfigOf("stash-operator", token, "stash");
    }

    private static async Task OnceAsync(Func<Task> create)
    {
        try
        {
            await create();
        }
        catch (HttpOperationException e) when (e.Response.StatusCode == System.Net.HttpStatusCode.Conflict)
        {
            // Another test has made it.
        }
    }

    private static string Text(ReadOnlySpan<byte> bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
}

/// <summary>The manifests of docs/access.md: what a user is told to apply is what the tests apply.</summary>
internal static class Docs
{
    /// <param name="of">What its first line, a comment, says it is for.</param>
    public static string Manifest(string of)
    {
        var text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docs", "access.md"));
        var start = text.IndexOf($"```yaml\n# {of}", StringComparison.Ordinal);
        start.ShouldBeGreaterThan(0, of);
        start += "```yaml\n".Length;
        return text[start..text.IndexOf("```", start, StringComparison.Ordinal)];
    }
}
