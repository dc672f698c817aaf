using System.Diagnostics;
using System.Globalization;

namespace Stash.Operator.Tests.Gateway;

/// <summary>The real clients push unchanged, and what they pushed is exposed as the real gateway exposes it.</summary>
public sealed class ClientTests
{
    private static readonly string Clients = Path.Combine(AppContext.BaseDirectory, "Gateway", "Clients");

    [Fact]
    public async Task The_go_client_pushes_adds_and_deletes()
    {
        var folder = Directory.CreateTempSubdirectory("stash-test-");
        try
        {
            var program = Path.Combine(folder.FullName, "push");
            await RunAsync("go", ["build", "-o", program, Path.Combine(Clients, "push.go")]);
            await CompareAsync(gateway => RunAsync(program, [gateway.AbsoluteUri.TrimEnd('/')]), "waits_seconds{app=\"web\",empty=\"\",instance=\"\",job=\"demo-daily\",path=\"/var/lib\",quantile=\"0.5\"} 2");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public Task The_python_client_pushes_adds_and_deletes() =>
        CompareAsync(gateway => RunAsync("/usr/bin/python3", [Path.Combine(Clients, "push.py"), gateway.Authority]), "runs_total{app=\"web\",empty=\"\",instance=\"\",job=\"demo-daily\",path=\"/var/lib\"} 3");

    [Fact]
    public Task The_ruby_client_pushes_adds_and_deletes() =>
        CompareAsync(gateway => RunAsync("/usr/bin/ruby", [Path.Combine(Clients, "push.rb"), gateway.AbsoluteUri.TrimEnd('/')]), "runs_total{instance=\"web-1\",job=\"demo daily ä\",quoted=\"a \\\"b\\\" \\\\ \\n\"} 3");

    [Fact]
    public async Task The_cpp_client_pushes_adds_and_deletes()
    {
        var folder = Directory.CreateTempSubdirectory("stash-test-");
        try
        {
            var program = Path.Combine(folder.FullName, "push");
            await RunAsync("g++", ["-std=c++17", "-o", program, Path.Combine(Clients, "push.cpp"), "-lprometheus-cpp-push", "-lprometheus-cpp-core"]);
            await CompareAsync(gateway => RunAsync(program, [gateway.Host, gateway.Port.ToString(CultureInfo.InvariantCulture)]), "sizes_bytes_bucket{app=\"web\",dir=\"a \\\"b\\\" \\\\ \\n\",instance=\"i\",job=\"demo-daily\",le=\"10\"} 1");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task CompareAsync(Func<Uri, Task> push, string expected)
    {
        await using var ours = await GatewayServer.StartAsync();
        await using var real = await ReferenceGateway.StartAsync();
        await push(ours.Address);
        await push(real.Address);
        var mine = await LinesAsync(ours.Address);
        mine.ShouldContain(expected);
        mine.ShouldBe(await LinesAsync(real.Address));
    }

    private static async Task<string[]> LinesAsync(Uri gateway)
    {
        var answer = await RawHttp.SendAsync(gateway, "GET", "/metrics");

        // Not the gateways' own, and no times, which differ by nature. The real one writes a HELP line without a text where the Go client
        // sends an empty one; ours leaves it out.
        return
        [
            .. answer.Body.Split('\n').Where(l => !l.Contains("go_", StringComparison.Ordinal) && !l.Contains("process_", StringComparison.Ordinal) && !l.Contains("promhttp_", StringComparison.Ordinal)
                && !l.Contains("pushgateway_", StringComparison.Ordinal) && !l.Contains("stash_", StringComparison.Ordinal) && !(l.StartsWith("# HELP", StringComparison.Ordinal) && l.EndsWith(' '))).Select(l => l.StartsWith("push_time", StringComparison.Ordinal) || l.Contains("_created{", StringComparison.Ordinal) ? l[..l.LastIndexOf(' ')] : l),
        ];
    }

    private static async Task RunAsync(string program, IEnumerable<string> arguments)
    {
        ProcessStartInfo start = new(program, arguments) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["GO111MODULE"] = "off";
        start.Environment["GOPATH"] = "/usr/share/gocode";
        start.Environment.TryAdd("HOME", Path.GetTempPath());
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        process.ExitCode.ShouldBe(0, $"{program}: {await output}{await error}");
    }
}
