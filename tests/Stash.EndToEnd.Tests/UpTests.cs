using Stash.EndToEnd.Tests.Support;

namespace Stash.EndToEnd.Tests;

/// <summary><c>eng/up</c> as a newcomer types it.</summary>
public sealed class UpTests : IDisposable
{
    private static readonly string[] Samples = ["photo-library", "web-shop", "orders-database"];
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("stash-up-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Samples_run_the_link_is_printed_and_ending_it_leaves_nothing_running()
    {
        var gateway = Product.FreeAddress();
        var api = Product.FreeAddress();
        var console = Product.FreeAddress();
        await using var up = ChildProcess.Start(Path.Combine(Product.Root, "eng", "up"),
            ["--data-dir", _folder.FullName, "--gateway-address", gateway, "--api-address", api, "--console-url", $"http://{console}"], deadline: TimeSpan.FromMinutes(5));
        await up.UntilPrintedAsync($"Sign in to the console: http://{console}/sign-in?token=");

        using var http = Product.ApiClient(_folder.FullName);
        await Wait.UntilAsync("each sample workload has ended a session", async () =>
        {
            var apps = await http.GetStringAsync(new Uri($"https://{api}{Product.ApiRoot}/apps"), TestContext.Current.CancellationToken);
            return Samples.All(a => apps.Contains($"\"{a}\"", StringComparison.Ordinal))
                && !apps.Contains("\"sample\":false", StringComparison.Ordinal);
        }, () => up.Output);

        // A second one there would begin with the logs of the first.
        await using (var second = ChildProcess.Start(Path.Combine(Product.Root, "eng", "up"), ["--data-dir", _folder.FullName]))
        {
            (await second.EndAsync()).ShouldBe(1);
            second.Output.ShouldContain($"Another eng/up runs with the data folder {_folder.FullName}: stop that one, or give this one another with --data-dir.");
        }

        (await File.ReadAllTextAsync(Path.Combine(_folder.FullName, "logs", "operator.log"), TestContext.Current.CancellationToken)).ShouldContain("Push gateway on http");
        (await up.StopAsync()).ShouldBe(0, up.Output);
        ChildProcess.Running().Where(p => p.Command.Contains(_folder.FullName, StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_wrong_option_is_named_with_the_usage()
    {
        await using var up = ChildProcess.Start(Path.Combine(Product.Root, "eng", "up"), ["--port", "1"]);

        (await up.EndAsync()).ShouldBe(2);
        up.Output.ShouldContain("eng/up has no option --port.");
        up.Output.ShouldContain("--gateway-address");
    }
}
