using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace Stash.EndToEnd.Tests.Support;

/// <summary>Operator and console, published as users publish them, on free ports of loopback and a data folder of their own.</summary>
internal sealed class Product : IAsyncDisposable
{
    public const string ApiRoot = "/apis/monitoring.stash.appscode.com/v1alpha1";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("stash-e2e-");
    private readonly string _gateway = FreeAddress();
    private readonly string _api = FreeAddress();
    private readonly string _console = FreeAddress();
    private ChildProcess? _operator;
    private ChildProcess? _consoleProcess;

    /// <summary>The repository's folder.</summary>
    public static string Root { get; } = FindRoot();

    public string Folder => _folder.FullName;

    public string DataFolder => Path.Combine(Folder, "data");

    public string GatewayUrl => $"http://{_gateway}";

    public string ConsoleUrl => $"http://{_console}";

    public string ApiUrl => $"https://{_api}{ApiRoot}";

    public static async Task<Product> StartAsync()
    {
        var product = new Product();
        try
        {
            await product.StartOperatorAsync();
            await product.StartConsoleAsync();
            return product;
        }
        catch
        {
            await product.DisposeAsync();
            throw;
        }
    }

    public async Task StartOperatorAsync()
    {
        _operator = ChildProcess.Start(Program("Operator", "stash"), ["run", "--data-dir", DataFolder, "--gateway-address", _gateway, "--api-address", _api]);
        using var http = new HttpClient();
        await Wait.UntilAsync("the gateway is ready", async () => (await http.GetAsync(new Uri($"{GatewayUrl}/-/ready"))).IsSuccessStatusCode, () => _operator.Output);
    }

    /// <summary>kill -9 of the operator.</summary>
    public async Task KillOperatorAsync()
    {
        await _operator!.KillAsync();
        await _operator.DisposeAsync();
    }

    /// <summary>A link that signs in to the console, once.</summary>
    public async Task<string> SignInLinkAsync() => (await File.ReadAllTextAsync(Path.Combine(DataFolder, "console-link"))).Trim();

    /// <summary>Starts <c>stash</c> with these arguments.</summary>
    public ChildProcess Stash(params string[] arguments) => Stash("correct horse", arguments);

    private ChildProcess Stash(string password, string[] arguments) => ChildProcess.Start(Program("Operator", "stash"), arguments, new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["RESTIC_PASSWORD"] = password,
        ["XDG_STATE_HOME"] = Path.Combine(Folder, "state"),
    });

    /// <summary>Runs the sessions of a file of Restics, once.</summary>
    /// <returns>The exit code, and what was printed.</returns>
    public async Task<(int Code, string Output)> BackupAsync(string file, string password = "correct horse")
    {
        await using var backup = Stash(password, ["backup", "--file", file, "--pushgateway-url", GatewayUrl]);
        return (await backup.EndAsync(), backup.Output);
    }

    /// <summary>A file with one Restic on a real folder with real files, its repository beside it.</summary>
    public string WriteRestic(string name, string @namespace = "default", string? path = null)
    {
        var source = path ?? Path.Combine(Folder, $"{name}-source");
        if (path is null)
        {
            Directory.CreateDirectory(source);
            for (var i = 0; i < 3; i++)
            {
                File.WriteAllText(Path.Combine(source, $"file-{i}.txt"), $"{name} {i} {Guid.NewGuid()}");
            }
        }

        var file = Path.Combine(Folder, $"{name}.yaml");
        File.WriteAllText(file, $"""
            apiVersion: stash.appscode.com/v1alpha1
            kind: Restic
            metadata:
              name: {name}
              namespace: {@namespace}
            spec:
              fileGroups:
                - path: {source}
                  retentionPolicyName: last
              backend:
                local:
                  mountPath: {Path.Combine(Folder, $"{name}-repository")}
              retentionPolicies:
                - name: last
                  keepLast: 3
            """);
        return file;
    }

    /// <summary>All sessions that the API answers.</summary>
    public async Task<IReadOnlyList<JsonElement>> SessionsAsync()
    {
        using var http = ApiClient(DataFolder);
        using var answer = JsonDocument.Parse(await http.GetStringAsync(new Uri($"{ApiUrl}/sessions?limit=1000")));
        return [.. answer.RootElement.GetProperty("items").Clone().EnumerateArray()];
    }

    /// <summary>A client that trusts the authority of a data folder and sends its token.</summary>
    public static HttpClient ApiClient(string dataFolder)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(X509CertificateLoader.LoadCertificateFromFile(Path.Combine(dataFolder, "ca.crt")));
        var http = new HttpClient(new SocketsHttpHandler { SslOptions = { CertificateChainPolicy = policy } });
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", File.ReadAllText(Path.Combine(dataFolder, "api-token")).Trim());
        return http;
    }

    public async ValueTask DisposeAsync()
    {
        if (_consoleProcess is not null)
        {
            await _consoleProcess.DisposeAsync();
        }

        if (_operator is not null)
        {
            await _operator.DisposeAsync();
        }

        _folder.Delete(recursive: true);
    }

    private async Task StartConsoleAsync()
    {
        _consoleProcess = ChildProcess.Start(Program("Console", "Stash.Console"),
            ["--urls", ConsoleUrl, $"--Stash:DataDirectory={DataFolder}", $"--Stash:Operator:Address=https://{_api}"]);
        using var http = new HttpClient();
        await Wait.UntilAsync("the console is healthy", async () => (await http.GetAsync(new Uri($"{ConsoleUrl}/healthz"))).IsSuccessStatusCode, () => _consoleProcess.Output);
    }

    private static string Program(string project, string name)
    {
        var path = Path.Combine(Root, "artifacts", "publish", project, name);
        return File.Exists(path) ? path : throw new FileNotFoundException($"{path} is missing: eng/test publishes it before these tests.");
    }

    public static string FreeAddress()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Stash.sln")))
        {
            folder = folder.Parent ?? throw new DirectoryNotFoundException("These tests run from within the repository.");
        }

        return folder.FullName;
    }
}
