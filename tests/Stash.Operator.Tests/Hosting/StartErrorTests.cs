using System.Net;
using System.Net.Sockets;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Hosting;

/// <summary>What a person sees where <c>stash run</c> cannot start: one line that names the thing and the remedy.</summary>
public sealed class StartErrorTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Data => _folder.In("data");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("--gateway-address")]
    [InlineData("--api-address")]
    public async Task A_port_in_use_names_the_flag(string flag)
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var address = other.LocalEndpoint.ToString()!;
        await ShouldFailAsync(1, $"{address} is in use by another process: stop that process, or listen elsewhere with {flag} HOST:PORT.", flag, address);
    }

    [Fact]
    public async Task An_address_of_another_machine_names_the_flag() =>
        await ShouldFailAsync(1, "This machine has no address 192.0.2.1: give one of its own with --api-address HOST:PORT.", "--api-address", "192.0.2.1:8443");

    [Fact]
    public async Task A_data_folder_that_cannot_be_made()
    {
        await File.WriteAllTextAsync(_folder.In("file"), "", TestContext.Current.CancellationToken);
        var folder = _folder.In("file", "data");
        var (code, _, error) = await RunAsync("--data-dir", folder);
        code.ShouldBe(1);
        error.ShouldMatch($"^The data folder {folder} cannot be written \\([a-z ,]+\\): make it writable for this user, or name another with --data-dir\\.\n$");
    }

    [Fact]
    public async Task A_home_folder_that_is_not_there_yet_is_made_and_used()
    {
        var home = _folder.In("new", "home");
        await using var it = ChildProcess.Start(OperatorProcess.Executable, ["run", "--gateway-address", "127.0.0.1:0", "--api-address", "127.0.0.1:0"],
            new Dictionary<string, string?>(StringComparer.Ordinal) { ["HOME"] = home, ["XDG_DATA_HOME"] = null });
        await Eventually.TrueAsync("it listens", () => it.HasExited ? throw new InvalidOperationException(it.Error) : it.Output.Contains("Push gateway on ", StringComparison.Ordinal));
        File.Exists(Path.Combine(home, ".local", "share", "stash", "api-token")).ShouldBeTrue();
        it.Signal(15);
        (await it.WaitAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_damaged_journal()
    {
        Directory.CreateDirectory(Data);
        await File.WriteAllTextAsync(Path.Combine(Data, "journal.db"), new string('x', 5000), TestContext.Current.CancellationToken);
        await ShouldFailAsync(1, $"The session journal {Data}/journal.db is damaged: move it away (or put a copy from a backup in its place) and start again.");
    }

    [Fact]
    public async Task A_damaged_certificate()
    {
        Directory.CreateDirectory(Data);
        await File.WriteAllTextAsync(Path.Combine(Data, "ca.crt"), "not a certificate", TestContext.Current.CancellationToken);
        await ShouldFailAsync(1, $"{Data}/ca.crt and ca.key are no certificate with its key: move both away and start again to have new ones made.");
    }

    [Fact]
    public async Task A_given_certificate_with_the_key_of_another()
    {
        using TestAuthority authority = new();
        authority.IssueTo(_folder.In("a"));
        authority.IssueTo(_folder.In("b"));
        await ShouldFailAsync(
            1, $"{_folder.In("a.crt")} and {_folder.In("b.key")} are no certificate with its key in PEM: give a certificate (and its chain) and the key that belongs to it.",
            "--tls-cert-file", _folder.In("a.crt"), "--tls-private-key-file", _folder.In("b.key"));
        await ShouldFailAsync(1, $"{_folder.In("none.pem")} cannot be read: make it a file that this user may read.", "--client-ca-file", _folder.In("none.pem"));
    }

    [Fact]
    public async Task Settings_that_cannot_be_read()
    {
        Directory.CreateDirectory(Path.Combine(Data, "monitoring.yaml"));
        await ShouldFailAsync(1, $"{Data}/monitoring.yaml cannot be read: make it a file that this user may read.");
    }

    [Fact]
    public async Task A_token_that_is_too_short()
    {
        Directory.CreateDirectory(Data);
        var file = Path.Combine(Data, "api-token");
        await File.WriteAllTextAsync(file, "secret\n", TestContext.Current.CancellationToken);
        await ShouldFailAsync(1, $"{file} can be read by every user of this machine: make it yours alone with chmod 600 {file}.");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await ShouldFailAsync(1, $"{file} holds a token of fewer than 16 characters: make one with openssl rand -hex 32.");
    }

    [Fact]
    public async Task A_token_file_that_is_not_there()
    {
        await File.WriteAllTextAsync(_folder.In("own.json"), """{ "Stash:Api:TokenFile": "/nowhere/token" }""", TestContext.Current.CancellationToken);
        await ShouldFailAsync(1, "/nowhere/token cannot be read: make it a file that this user may read.", "--config", _folder.In("own.json"));
    }

    [Fact]
    public async Task A_cluster_that_cannot_be_known()
    {
        await ShouldFailAsync(1, "There is no kubeconfig /nowhere/config: give one that exists with --kubeconfig.", "--kubeconfig", "/nowhere/config");
    }

    [Fact]
    public async Task A_second_operator_on_the_same_data_folder()
    {
        await using var first = await OperatorProcess.StartAsync();
        var (code, _, error) = await RunAsync("--data-dir", first.DataDirectory);
        code.ShouldBe(1);
        error.ShouldContain(first.DataDirectory);
        error.ShouldContain("another");
        error.Trim().ShouldNotContain("\n");

        // The first is none the worse.
        using var ready = await first.Gateway.GetAsync("-/ready", TestContext.Current.CancellationToken);
        ready.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("Stash__Journal__MaxAgeDays", "ten", "Stash:Journal:MaxAgeDays is \"ten\": give a whole number from 1 to 36500.")]
    [InlineData("Stash__Gateway__Adress", "127.0.0.1:1", "Stash:Gateway:Adress is not an option: Stash:Gateway has Address, Grace, AdminApi and others (docs/options.md).")]
    [InlineData("Stash__Gateway", "127.0.0.1:1", "Stash:Gateway is \"127.0.0.1:1\": it is a section, give the options in it.")]
    [InlineData("Logging__LogLevel__Default", "Loud", "Logging:LogLevel:Default is \"Loud\": give one of Trace, Debug, Information, Warning, Error, Critical, None.")]
    [InlineData("Stash__Api__ServingNames", "stash.example.com, a b", "Stash:Api:ServingNames is \"a b\": give DNS names and IP addresses, separated by commas, as stash.example.com,10.0.0.7.")]
    [InlineData("Stash__Api__CertificateFile", "tls.crt", "Of Stash:Api:CertificateFile and Stash:Api:KeyFile there is one: give both, or neither to have a certificate made.")]
    [InlineData("Stash__Gateway__AdminApi", "maybe", "Stash:Gateway:AdminApi is \"maybe\": give true or false.")]
    public async Task A_wrong_option_of_the_environment(string name, string value, string message)
    {
        var (code, _, error) = await RunAsync(["--data-dir", Data], new Dictionary<string, string?>(StringComparer.Ordinal) { [name] = value });
        code.ShouldBe(1);
        error.ShouldBe(message + "\n");
    }

    [Fact]
    public async Task Both_listeners_at_one_address() =>
        await ShouldFailAsync(1, "Stash:Api:Address is \"127.0.0.1:4711\", as Stash:Gateway:Address is: give each a port of its own.", "--api-address", "127.0.0.1:4711", "--gateway-address", "127.0.0.1:4711");

    [Theory]
    [InlineData("{ \"Stash\": ", "is not JSON: look at line 1.")]
    [InlineData("{ \"Stash\": { \"Kubernetes\": { \"Port\": 8443 } } }", "Stash:Kubernetes:Port is not an option: accepted in Stash:Kubernetes are CertificateSecretName, Kubeconfig, Mode, Namespace, PrometheusServiceAccounts, ServiceLabels, ServiceMonitorName, ServiceName.")]
    public async Task A_wrong_configuration_file(string content, string message)
    {
        var file = _folder.In("own.json");
        await File.WriteAllTextAsync(file, content, TestContext.Current.CancellationToken);
        var (code, _, error) = await RunAsync("--data-dir", Data, "--config", file);
        code.ShouldBe(1);
        error.ShouldEndWith(message + "\n");
    }

    [Theory]
    [InlineData("stash run: --gateway-address (Stash:Gateway:Address) is \"here\": give HOST:PORT with an IP address or localhost, as 127.0.0.1:56789, [::1]:56789, or :56789 for all addresses.", "run", "--gateway-address", "here")]
    [InlineData("stash run: there is no command or option \"--port\".", "run", "--port", "1")]
    [InlineData("stash: there is no command or option \"rum\".", "rum")]
    public async Task Wrong_usage_is_one_line_and_a_hint(string message, params string[] arguments)
    {
        var (code, output, error) = await ChildProcess.RunAsync(OperatorProcess.Executable, arguments);
        code.ShouldBe(2);
        error.ShouldBe($"{message}\nSee {message[..message.IndexOf(':', StringComparison.Ordinal)]} --help.\n");
        output.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_missing_configuration_file_is_wrong_usage()
    {
        var (code, _, error) = await RunAsync("--config", _folder.In("none.json"));
        code.ShouldBe(2);
        error.ShouldBe($"There is no configuration file {_folder.In("none.json")}: give one that exists with --config.\n");
    }

    private async Task ShouldFailAsync(int exitCode, string message, params string[] arguments)
    {
        var (code, _, error) = await RunAsync(["--data-dir", Data, .. arguments]);
        error.ShouldBe(message + "\n");
        code.ShouldBe(exitCode);
    }

    private static Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments) => RunAsync(arguments, null);

    private static Task<(int ExitCode, string Output, string Error)> RunAsync(string[] arguments, IReadOnlyDictionary<string, string?>? environment)
    {
        List<string> all = ["run", .. arguments];
        foreach (var flag in new[] { "--gateway-address", "--api-address" })
        {
            if (!all.Contains(flag, StringComparer.Ordinal))
            {
                all.AddRange([flag, "127.0.0.1:0"]);
            }
        }

        return ChildProcess.RunAsync(OperatorProcess.Executable, all, environment);
    }
}
