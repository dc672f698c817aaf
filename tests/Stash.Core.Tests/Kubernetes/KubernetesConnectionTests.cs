using Microsoft.Extensions.Configuration;
using Stash.Core.Configuration;
using Stash.Core.Kubernetes;

namespace Stash.Core.Tests.Kubernetes;

public sealed class KubernetesConnectionTests : IDisposable
{
    private const string Good = """
        apiVersion: v1
        kind: Config
        current-context: here
        contexts:
          - name: here
            context: {cluster: c, user: u, namespace: backups}
        clusters:
          - name: c
            cluster: {server: "https://127.0.0.1:6443", insecure-skip-tls-verify: true}
        users:
          - name: u
            user: {token: a-token}

        """;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_namespace_is_the_options_else_the_contexts_else_default()
    {
        Namespace(Good, "own").ShouldBe("own");
        Namespace(Good).ShouldBe("backups");
        Namespace(Good.Replace(", namespace: backups", "", StringComparison.Ordinal)).ShouldBe("default");
    }

    [Fact]
    public void There_is_none_where_nothing_names_one()
    {
        // As long as the tests do not run in a pod.
        Assert.SkipWhen(Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST") is { Length: > 0 }, "This is a pod.");
        KubernetesConnection.Open(Options([])).ShouldBeNull();
        Should.Throw<UserErrorException>(() => KubernetesConnection.Open(Options(("Mode", "on")))).Message.ShouldContain("--kubeconfig FILE");
        KubernetesConnection.Open(Options(("Mode", "off"), ("Kubeconfig", Write(Good)))).ShouldBeNull();
    }

    [Theory]
    [InlineData("current-context: here", "current-context: there", "no context \"there\"", "kubectl config get-contexts")]
    [InlineData("current-context: here\n", "", "no current context", "kubectl config use-context")]
    [InlineData("cluster: c,", "cluster: d,", "no cluster \"d\"", "set-cluster")]
    [InlineData("user: u,", "user: v,", "no user \"v\"", "set-credentials")]
    [InlineData("https://127.0.0.1:6443", "ftp://host", "no server's address", "https://HOST:PORT")]
    [InlineData(", insecure-skip-tls-verify: true", "", "no authority", "certificate-authority")]
    [InlineData(", insecure-skip-tls-verify: true", ", certificate-authority: /nowhere/ca.crt", "cannot be used", "the authority")]
    [InlineData(", insecure-skip-tls-verify: true", ", certificate-authority-data: \"%%%\"", "cannot be used", "the authority")]
    [InlineData("{token: a-token}", "{client-certificate: /nowhere/a, client-key: /nowhere/b}", "cannot be used", "the authority")]
    [InlineData("kind: Config", "kind: [", "no kubeconfig", "kubectl")]
    [InlineData(Good, "", "empty", "kubectl")]
    [InlineData("kind: Config", "  kind: x", "no kubeconfig", "line 2")]
    [InlineData(Good, "just words", "kubeconfig", "")]
    [InlineData(Good, "- a\n- b\n", "kubeconfig", "")]
    public void What_is_wrong_is_told_with_the_file_and_the_remedy(string good, string bad, string what, string remedy)
    {
        var file = Write(Good.Replace(good, bad, StringComparison.Ordinal));
        var message = Should.Throw<UserErrorException>(() => KubernetesConnection.Open(Options(("Kubeconfig", file)))).Message;
        message.ShouldContain(file);
        message.ShouldContain(what);
        message.ShouldContain(remedy);
        message.ShouldNotContain("a-token");
        message.ShouldNotContain("Exception");
    }

    [Fact]
    public void A_file_that_is_not_there_is_told()
    {
        var missing = _folder.In("none");
        Should.Throw<UserErrorException>(() => KubernetesConnection.Open(Options(("Kubeconfig", missing)))).Message.ShouldBe($"There is no kubeconfig {missing}: give one that exists with --kubeconfig.");
        Should.Throw<UserErrorException>(() => KubernetesConnection.Open(Options(("Kubeconfig", _folder.FullPath)))).Message.ShouldContain(_folder.FullPath);
    }

    private string Namespace(string kubeconfig, string? option = null)
    {
        using var connection = KubernetesConnection.Open(option is null ? Options(("Kubeconfig", Write(kubeconfig))) : Options(("Kubeconfig", Write(kubeconfig)), ("Namespace", option)));
        connection!.Server.ShouldBe(new Uri("https://127.0.0.1:6443"));
        return connection.Namespace;
    }

    private string Write(string text)
    {
        var path = _folder.In("kubeconfig");
        File.WriteAllText(path, text);
        return path;
    }

    private KubernetesOptions Options(params (string Key, string Value)[] values) =>
        StashOptions.Read(new ConfigurationBuilder().AddInMemoryCollection(
            values.Select(v => KeyValuePair.Create($"Stash:Kubernetes:{v.Key}", (string?)v.Value)).Append(new("Stash:DataDirectory", _folder.FullPath))).Build()).Kubernetes;
}
