using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using Stash.Core.Configuration;
using Stash.Operator.Tests.Support;
using Stash.Operator.Tls;

namespace Stash.Operator.Tests.Commands;

/// <summary>The real <c>stash certificate</c>.</summary>
public sealed class CertificateCommandTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly TempFolder _folder = new();

    private string Data => _folder.In("data");

    private string Out => _folder.In("out");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("metrics", "read /metrics", 90)]
    [InlineData("view", "read everything", 1)]
    [InlineData("admin", "read everything and change settings", 365)]
    public async Task It_makes_a_certificate_that_the_operator_takes(string may, string told, int days)
    {
        var data = MakeAuthority();
        string[] given = days == 90 ? [] : ["--days", days.ToString(CultureInfo.InvariantCulture)];
        var (code, output, error) = await RunAsync(["--name", "prometheus-1", "--may", may, .. given]);
        (code, error).ShouldBe((0, ""));
        string certificateFile = Path.Combine(Out, "prometheus-1.crt"), keyFile = Path.Combine(Out, "prometheus-1.key");
        using var made = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
        output.ShouldBe($"{certificateFile} and {keyFile}: prometheus-1 may {told} until {made.NotAfter.ToUniversalTime():yyyy-MM-ddTHH:mm:ssZ}.\n");
        made.Subject.ShouldBe($"CN=prometheus-1, O=stash:{may}");
        made.NotAfter.ToUniversalTime().ShouldBe(DateTime.UtcNow.AddDays(days), TimeSpan.FromMinutes(2));
        new ClientCertificates(data, null, TimeProvider.System, NullLogger.Instance).TryVerify(made, out var reason).ShouldBeTrue(reason);
        File.GetUnixFileMode(keyFile).ShouldBe(OwnerOnly);
        (await File.ReadAllTextAsync(Path.Combine(Out, "ca.crt"), TestContext.Current.CancellationToken)).ShouldBe(await File.ReadAllTextAsync(data.CaCertificate, TestContext.Current.CancellationToken));

        // Nothing else is written, and once more makes another in its place.
        Directory.GetFiles(Out).Length.ShouldBe(3);
        (await RunAsync(["--name", "prometheus-1", "--may", may])).ExitCode.ShouldBe(0);
        using var again = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
        again.SerialNumber.ShouldNotBe(made.SerialNumber);
    }

    [Theory]
    [InlineData("stash certificate: --name is \"a/b\": give at most 64 letters, digits and . _ @ -, the first a letter or digit; not ca.", "--name", "a/b", "--may", "view")]
    [InlineData("stash certificate: --name is \"ca\": give at most 64 letters, digits and . _ @ -, the first a letter or digit; not ca.", "--name", "ca", "--may", "view")]
    [InlineData("stash certificate: --may is \"all\": give one of metrics, view, admin.", "--name", "a", "--may", "all")]
    [InlineData("stash certificate: --days is \"0\": give a whole number from 1 to 3650.", "--name", "a", "--may", "view", "--days", "0")]
    [InlineData("stash certificate: Option '--may' is required.", "--name", "a")]
    public async Task Wrong_usage_is_one_line_and_a_hint(string message, params string[] arguments)
    {
        var (code, _, error) = await RunAsync(arguments);
        (code, error).ShouldBe((2, $"{message}\nSee stash certificate --help.\n"));
        Directory.Exists(Out).ShouldBeFalse();
    }

    [Fact]
    public async Task What_it_needs_and_is_not_there_is_named()
    {
        string[] arguments = ["--name", "a", "--may", "view"];
        (await RunAsync(arguments)).Error.ShouldBe($"There is no data folder {Data}: name the operator's with --data-dir.\n");
        Directory.CreateDirectory(Data);
        (await RunAsync(arguments)).Error.ShouldBe($"There is no {Data}/ca.crt: start the operator (stash run) with this data folder once, it makes one.\n");
        _ = MakeAuthority();
        (await RunAsync(arguments, output: Data)).Error.ShouldBe($"{Data} has a ca.key, so it is an operator's data folder, whose own files would be replaced: name another folder with --out.\n");
        File.Delete(Path.Combine(Data, "ca.key"));
        var (code, _, error) = await RunAsync(arguments);
        (code, error).ShouldBe((1, $"{Data}/ca.crt and ca.key are no certificate with its key: move both away and start again to have new ones made.\n"));
    }

    private DataFolder MakeAuthority()
    {
        var data = DataFolder.Open(Data);
        _ = OwnAuthority.Make(data, DateTimeOffset.UtcNow);
        return data;
    }

    private Task<(int ExitCode, string Output, string Error)> RunAsync(string[] arguments, string? output = null) =>
        ChildProcess.RunAsync(OperatorProcess.Executable, ["certificate", "--data-dir", Data, "--out", output ?? Out, .. arguments]);
}
