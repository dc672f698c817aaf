using System.Globalization;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using k8s;
using k8s.Models;
using Stash.Operator.Tests.Runner;

namespace Stash.Operator.Tests.Support.Kubernetes;

/// <summary>
/// A real kube-apiserver with its etcd, on free ports of loopback: RBAC, service accounts with signed tokens, client certificates, the front proxy and aggregation.
/// There is no kubelet and no controller. Both end with the tests, also where these are killed.
/// </summary>
public class KubeCluster : IAsyncLifetime
{
    /// <summary>Of the tokens that it signs.</summary>
    public const string Issuer = "https://kubernetes.default.svc";

    private readonly TempFolder _folder = new();
    private readonly int _etcdPort = Ports.Free();
    private readonly int _port = Ports.Free();
    private ChildProcess? _etcd;
    private ChildProcess? _server;
    private ChildProcess? _reaper;

    /// <summary>Signs what the cluster takes as client certificates.</summary>
    internal TestAuthority Clients { get; } = new();

    /// <summary>Signs the certificates of front proxies; its name for them is <c>front-proxy-client</c>.</summary>
    internal TestAuthority Proxies { get; } = new();

    /// <summary>Signs service accounts' tokens.</summary>
    internal RSA TokenKey { get; } = RSA.Create(2048);

    /// <summary>Of a member of <c>system:masters</c>.</summary>
    public string AdminKubeconfig => _folder.In("admin");

    /// <summary>The API server's own: a line of JSON for each request about settings.</summary>
    internal string AuditLog => _folder.In("audit.log");

    internal IKubernetes Admin { get; private set; } = null!;

    /// <summary>What of the requests is in <see cref="AuditLog"/>.</summary>
    private protected virtual string AuditRule => "{level: Metadata, resources: [{group: stash.appscode.com, resources: [monitorings]}]}";

    public async ValueTask InitializeAsync()
    {
        var program = Program();
        if (!File.Exists(program))
        {
            throw new InvalidOperationException($"There is no kube-apiserver in {program}: run eng/kube, which builds it once.");
        }

        Write("clients.crt", Clients.Certificate.ExportCertificatePem());
        Write("proxies.crt", Proxies.Certificate.ExportCertificatePem());
        Write("tokens.key", TokenKey.ExportRSAPrivateKeyPem());
        using var proxy = Proxies.IssueClient("CN=front-proxy-client");
        Write("proxy.crt", proxy.ExportCertificatePem());
        Write("proxy.key", proxy.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        // Who changed the settings; nothing else is asked for.
        Write("audit.yaml", $$$"""
            apiVersion: audit.k8s.io/v1
            kind: Policy
            omitStages: [RequestReceived]
            rules:
              - {{{AuditRule}}}
              - {level: None}

            """);
        Clients.IssueTo(_folder.In("server"), "kubernetes", "kubernetes.default.svc");
        using var admin = Clients.IssueClient("CN=admin, O=system:masters");
        WriteKubeconfig("admin", $"client-certificate-data: {Base64(admin.ExportCertificatePem())}, client-key-data: {Base64(admin.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem())}", "default");

        // Killed tests run no code: what looks after their processes is not one of theirs.
        _reaper = ChildProcess.Start("sh", ["-c", $"while kill -0 {Environment.ProcessId}; do sleep 1; done 2>/dev/null; kill -9 $(cat '{_folder.FullPath}'/*.pid); rm -rf '{_folder.FullPath}'"]);
        var (client, peer) = (Address(_etcdPort), Address(Ports.Free()));
        _etcd = Run("etcd", "etcd",
            $"--data-dir={_folder.In("etcd")}", $"--listen-client-urls={client}", $"--advertise-client-urls={client}", $"--listen-peer-urls={peer}", $"--initial-advertise-peer-urls={peer}", $"--initial-cluster=default={peer}");
        Admin = new k8s.Kubernetes(KubernetesClientConfiguration.BuildConfigFromConfigFile(AdminKubeconfig));
        await StartServerAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in new[] { _server, _etcd, _reaper })
        {
            if (process is not null)
            {
                await process.DisposeAsync();
            }
        }

        Admin?.Dispose();
        Clients.Dispose();
        Proxies.Dispose();
        TokenKey.Dispose();
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Starts the API server (again), and waits until it answers.</summary>
    internal async Task StartServerAsync()
    {
        _server = Run("server", Program(),
            $"--etcd-servers={Address(_etcdPort)}", "--bind-address=127.0.0.1", $"--secure-port={_port}", $"--cert-dir={_folder.In("certs")}",
            $"--tls-cert-file={_folder.In("server.crt")}", $"--tls-private-key-file={_folder.In("server.key")}", $"--client-ca-file={_folder.In("clients.crt")}",
            $"--requestheader-client-ca-file={_folder.In("proxies.crt")}", "--requestheader-allowed-names=front-proxy-client",
            "--requestheader-username-headers=X-Remote-User", "--requestheader-group-headers=X-Remote-Group", "--requestheader-extra-headers-prefix=X-Remote-Extra-",
            $"--proxy-client-cert-file={_folder.In("proxy.crt")}", $"--proxy-client-key-file={_folder.In("proxy.key")}",
            $"--service-account-issuer={Issuer}", $"--service-account-key-file={_folder.In("tokens.key")}", $"--service-account-signing-key-file={_folder.In("tokens.key")}",
            $"--audit-policy-file={_folder.In("audit.yaml")}", $"--audit-log-path={AuditLog}", "--audit-log-mode=blocking",
            "--authorization-mode=RBAC", "--service-cluster-ip-range=10.0.0.0/24", "--disable-admission-plugins=ServiceAccount", "--endpoint-reconciler-type=none");
        await Eventually.TrueAsync("kube-apiserver is ready", async () =>
        {
            var process = _server;
            if (process.HasExited)
            {
                throw new InvalidOperationException($"kube-apiserver has ended: {process.Error}");
            }

            try
            {
                using var answer = await ((k8s.Kubernetes)Admin).HttpClient.GetAsync(new Uri($"https://127.0.0.1:{_port}/readyz"), TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(2));
                return answer.IsSuccessStatusCode;
            }
            catch (Exception e) when (e is HttpRequestException or TimeoutException)
            {
                return false;
            }
        });
    }

    /// <summary>kill -9 of the API server.</summary>
    internal async Task StopServerAsync()
    {
        await _server!.DisposeAsync();
        _server = null;
    }

    /// <summary>Stops its answers, and leaves its connections open, as a network that swallows everything would (SIGSTOP), or lets it go on (SIGCONT).</summary>
    internal void Freeze(bool frozen) => _server!.Signal(frozen ? 19 : 18);

    /// <summary>Has the cluster forget all before this moment, as it does every few minutes: what goes on from an earlier time is answered 410.</summary>
    internal async Task ForgetHistoryAsync()
    {
        // Now is not before now: something is to happen first.
        var stop = TestContext.Current.CancellationToken;
        var map = await Admin.CoreV1.CreateNamespacedConfigMapAsync(new V1ConfigMap { Metadata = new() { GenerateName = "moment-" } }, "default", cancellationToken: stop);
        await Admin.CoreV1.DeleteNamespacedConfigMapAsync(map.Metadata.Name, "default", cancellationToken: stop);
        using HttpClient etcd = new() { BaseAddress = new Uri(Address(_etcdPort)) };
        using var compacted = await etcd.PostAsJsonAsync("/v3/kv/compaction", new { revision = map.Metadata.ResourceVersion }, stop);
        compacted.EnsureSuccessStatusCode();
    }

    /// <summary>The real kubectl.</summary>
    internal Task<(int ExitCode, string Output, string Error)> KubectlAsync(params string[] arguments) => KubectlAsAsync(AdminKubeconfig, arguments);

    internal static Task<(int ExitCode, string Output, string Error)> KubectlAsAsync(string kubeconfig, params string[] arguments) =>
        ChildProcess.RunAsync("kubectl", [$"--kubeconfig={kubeconfig}", .. arguments]);

    /// <summary>Creates what a manifest says, or makes it so.</summary>
    internal async Task ApplyAsync(string manifest)
    {
        var file = _folder.In($"{Guid.NewGuid():N}.yaml");
        await File.WriteAllTextAsync(file, manifest, TestContext.Current.CancellationToken);
        var (code, output, error) = await KubectlAsync("apply", "--validate=false", "-f", file);
        code.ShouldBe(0, output + error);
    }

    /// <summary>A kubeconfig with a bearer token.</summary>
    /// <returns>Its path.</returns>
    internal string KubeconfigOf(string name, string token, string @namespace = "default") => WriteKubeconfig(name, $"token: {token}", @namespace);

    private static string Program() =>
        Path.Combine(Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache ? cache : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
            "stash", "kube-apiserver-1.20.2", "kube-apiserver");

    private static string Address(int port) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");

    private static string Base64(string text) => Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(text));

    private ChildProcess Run(string name, string program, params string[] arguments)
    {
        var process = ChildProcess.Start(program, arguments);
        Write($"{name}.pid", string.Create(CultureInfo.InvariantCulture, $"{process.Id}\n"));
        return process;
    }

    private string WriteKubeconfig(string name, string user, string @namespace) => Write(name, string.Create(CultureInfo.InvariantCulture, $$$"""
        apiVersion: v1
        kind: Config
        current-context: here
        contexts: [{name: here, context: {cluster: here, user: {{{name}}}, namespace: {{{@namespace}}}}}]
        clusters: [{name: here, cluster: {server: "https://127.0.0.1:{{{_port}}}", certificate-authority-data: {{{Base64(Clients.Certificate.ExportCertificatePem())}}}}}]
        users: [{name: {{{name}}}, user: {{{{user}}}}}]

        """));

    private string Write(string name, string text)
    {
        var path = _folder.In(name);
        File.WriteAllText(path, text);
        return path;
    }
}
