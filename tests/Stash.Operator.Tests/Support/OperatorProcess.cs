using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using Stash.Core.Api;

namespace Stash.Operator.Tests.Support;

/// <summary>
/// The real <c>stash run</c> as a process, on free ports, with a data folder of its own. It can be stopped, killed and started again on the
/// same folder and ports.
/// </summary>
internal sealed partial class OperatorProcess : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly string[] _arguments;
    private readonly Dictionary<string, string?> _environment;
    private string? _redirection;
    private ChildProcess? _process;

    private OperatorProcess(string? dataDirectory, string[] arguments, Dictionary<string, string?> environment)
    {
        DataDirectory = dataDirectory ?? _folder.In("data");
        _arguments = arguments;
        _environment = environment;
    }

    /// <summary>The executable that is tested.</summary>
    public static string Executable => Path.Combine(AppContext.BaseDirectory, "stash");

    public string DataDirectory { get; }

    /// <summary><c>http://127.0.0.1:PORT/</c>.</summary>
    public Uri GatewayAddress { get; private set; } = null!;

    /// <summary><c>https://127.0.0.1:PORT/</c>.</summary>
    public Uri ApiAddress { get; private set; } = null!;

    /// <summary>The API's token, where there is no cluster.</summary>
    public string Token => ReadToken("api-token");

    /// <summary>A client of the push gateway.</summary>
    public HttpClient Gateway { get; private set; } = null!;

    /// <summary>A client of the API, its base address the API's root, with the token, that trusts the operator's own authority alone.</summary>
    public HttpClient Api { get; private set; } = null!;

    public ChildProcess Process => _process ?? throw new InvalidOperationException("It is not running.");

    /// <summary>Starts it and waits until it accepts pushes.</summary>
    /// <param name="arguments">After <c>stash run --data-dir … --gateway-address … --api-address …</c>.</param>
    public static Task<OperatorProcess> StartAsync(params string[] arguments) => StartInAsync(null, arguments);

    /// <summary>The same, in a data folder of the test's.</summary>
    public static Task<OperatorProcess> StartInAsync(string? dataDirectory, params string[] arguments) => StartedAsync(new(dataDirectory, arguments, []));

    /// <summary>The same, with options.</summary>
    /// <param name="options">Keys as <c>Stash:Gateway:MaxGroups</c>.</param>
    /// <param name="dataDirectory">Null for one of its own.</param>
    public static Task<OperatorProcess> StartWithAsync(IReadOnlyDictionary<string, string> options, string? dataDirectory = null) =>
        StartedAsync(new(dataDirectory, [], options.ToDictionary(o => o.Key.Replace(":", "__", StringComparison.Ordinal), o => (string?)o.Value, StringComparer.Ordinal)));

    /// <summary>The same, started by bash, with its standard output redirected.</summary>
    /// <param name="redirection">As <c>&gt; FILE</c>.</param>
    /// <param name="arguments">As above.</param>
    public static Task<OperatorProcess> StartRedirectedAsync(string redirection, params string[] arguments) => StartedAsync(new(null, arguments, []) { _redirection = redirection });

    private static async Task<OperatorProcess> StartedAsync(OperatorProcess it)
    {
        try
        {
            await it.StartAgainAsync();
            return it;
        }
        catch
        {
            await it.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it again and kills it at a random moment of its start.</summary>
    /// <returns>False where it had started by then.</returns>
    public async Task<bool> KillWhileStartingAsync(Random moments)
    {
        await using var process = Launch();
        // The moment is what is random here; nothing is waited for.
        await Task.Delay(moments.Next(600), TestContext.Current.CancellationToken);
        await process.KillAsync();
        return !Listening().IsMatch(process.Output);
    }

    /// <summary>Starts it again after <see cref="KillAsync"/> or <see cref="StopAsync"/>, on the same ports.</summary>
    public async Task StartAgainAsync()
    {
        _process = Launch();
        var line = await Eventually.GetAsync("the operator listens", () =>
            _process.HasExited ? throw new InvalidOperationException($"The operator has ended: {_process.Output} {_process.Error}") : Task.FromResult(Listening().Match(_process.Output + _process.Error) is { Success: true } m ? m : null));
        GatewayAddress = new Uri(line.Groups["gateway"].Value);
        ApiAddress = new Uri(line.Groups["api"].Value);
        Gateway?.Dispose();
        Api?.Dispose();
        Gateway = new HttpClient { BaseAddress = GatewayAddress };
        Api = NewApiClient(File.Exists(Path.Combine(DataDirectory, "api-token")) ? Token : null);
        await Eventually.TrueAsync("the gateway is ready", async () =>
        {
            using var answer = await Gateway.GetAsync("-/ready", TestContext.Current.CancellationToken);
            return answer.IsSuccessStatusCode;
        });
    }

    /// <summary>A token of the data folder.</summary>
    public string ReadToken(string name) => File.ReadAllText(Path.Combine(DataDirectory, name)).Trim();

    /// <summary>Another client of the API.</summary>
    /// <param name="token">Null for none.</param>
    /// <param name="certificate">Of the client; null for none.</param>
    public HttpClient NewApiClient(string? token, X509Certificate2? certificate = null)
    {
        SslClientAuthenticationOptions tls = new() { CertificateChainPolicy = Trust() };
        if (certificate is not null)
        {
            tls.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true);
        }

        var client = new HttpClient(new SocketsHttpHandler { SslOptions = tls })
        {
            BaseAddress = new Uri(ApiAddress, ApiPaths.Root + "/"),
        };
        client.DefaultRequestHeaders.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    /// <summary>Trust in its own authority alone, or in that of the certificate which it was given.</summary>
    public X509ChainPolicy Trust()
    {
        var given = Path.Combine(DataDirectory, "serving-ca.crt");
        return TrustIn(File.Exists(given) ? given : Path.Combine(DataDirectory, "ca.crt"));
    }

    /// <summary>Trust in the authority of a file alone.</summary>
    public static X509ChainPolicy TrustIn(string authority)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(authority);
        return policy;
    }

    /// <summary>Waits until its log has a text: what it writes reaches the test a moment later than what it answers.</summary>
    public Task LoggedAsync(string text) => Eventually.TrueAsync($"the log tells \"{text}\"", () => Process.Output.Contains(text, StringComparison.Ordinal));

    /// <summary>Waits until <c>/readyz?verbose</c> has a text: what a check found is good for a second.</summary>
    public Task ReadyTellsAsync(string text, System.Net.HttpStatusCode code) => Eventually.TrueAsync($"/readyz tells \"{text}\"", async () =>
    {
        using var anybody = NewApiClient(null);
        using var answer = await anybody.GetAsync($"{ApiPaths.Ready}?verbose", TestContext.Current.CancellationToken);
        return answer.StatusCode == code && (await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Contains(text, StringComparison.Ordinal);
    });

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        await Process.DisposeAsync();
        _process = null;
    }

    /// <summary>SIGTERM.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> StopAsync()
    {
        Process.Signal(15);
        var code = await Process.WaitAsync();
        await KillAsync();
        return code;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await KillAsync();
        }

        Gateway?.Dispose();
        Api?.Dispose();
        _folder.Dispose();
    }

    private ChildProcess Launch()
    {
        string[] arguments =
        [
            "run", "--data-dir", DataDirectory, "--gateway-address", GatewayAddress?.Authority ?? "127.0.0.1:0", "--api-address", ApiAddress?.Authority ?? "127.0.0.1:0", .. _arguments,
        ];
        return _redirection is null
            ? ChildProcess.Start(Executable, arguments, _environment)
            : ChildProcess.Start("bash", ["-c", $"exec \"$0\" \"$@\" {_redirection}", Executable, .. arguments], _environment);
    }

    [GeneratedRegex(@"Push gateway on (?<gateway>http://\S+), API on (?<api>https://\S+),", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Listening();
}
