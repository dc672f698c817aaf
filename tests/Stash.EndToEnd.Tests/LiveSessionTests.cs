using Microsoft.Playwright;
using Stash.EndToEnd.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace Stash.EndToEnd.Tests;

/// <summary>Real restic sessions arriving in an open console.</summary>
public sealed class LiveSessionTests(BrowserFixture browser)
{
    [Fact]
    public async Task Sessions_arrive_without_reload_and_failed_ones_bring_restics_message()
    {
        await using var product = await Product.StartAsync();
        var page = await browser.SignInAsync(product);
        await Expect(page.GetByText("stash exec", new() { Exact = false }).First).ToBeVisibleAsync();
        await page.EvaluateAsync("window.notReloaded = true");

        var good = product.WriteRestic("photos", "media");
        (await product.BackupAsync(good)).Code.ShouldBe(0);
        var success = page.GetByRole(AriaRole.Region, new() { Name = "Success list" });
        await Expect(success.GetByRole(AriaRole.Link)).ToHaveCountAsync(1);
        await Expect(success).ToContainTextAsync("photos");
        await Expect(Tile(page, "Successful")).ToContainTextAsync("1");

        // The same repository with another password.
        var (code, output) = await product.BackupAsync(good, password: "battery staple");
        code.ShouldBe(1, output);
        var fail = page.GetByRole(AriaRole.Region, new() { Name = "Fail list" });
        await Expect(fail).ToContainTextAsync("wrong password");
        await Expect(Tile(page, "Failed")).ToContainTextAsync("1");
        (await page.EvaluateAsync<bool>("window.notReloaded === true")).ShouldBeTrue();

        await fail.GetByRole(AriaRole.Link).ClickAsync();
        await Expect(page.GetByText("wrong password").First).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync("photos");
    }

    [Fact]
    public async Task A_running_session_shows_its_progress_and_then_its_end()
    {
        await using var product = await Product.StartAsync();
        var source = Directory.CreateDirectory(Path.Combine(product.Folder, "big"));
        for (var i = 0; i < 8; i++)
        {
            await using var file = File.Create(Path.Combine(source.FullName, $"{i}.raw"));
            var block = new byte[1 << 20];
            for (var megabyte = 0; megabyte < 64; megabyte++)
            {
                Random.Shared.NextBytes(block);
                await file.WriteAsync(block, TestContext.Current.CancellationToken);
            }
        }

        var page = await browser.SignInAsync(product);
        await using var backup = product.Stash("backup", "--file", product.WriteRestic("archive", path: source.FullName), "--pushgateway-url", product.GatewayUrl);
        using var http = Product.ApiClient(product.DataFolder);
        await Wait.UntilAsync("the session tells its progress", async () =>
            (await http.GetStringAsync(new Uri($"{product.ApiUrl}/running"), TestContext.Current.CancellationToken)).Contains("\"bytesDone\":", StringComparison.Ordinal), () => backup.Output);

        // Stopped in the middle, restic cannot be done before the page has been looked at.
        var restic = ChildProcess.Find("restic", product.Folder);
        await ChildProcess.SignalAsync(restic, "STOP");
        try
        {
            var running = page.GetByRole(AriaRole.Region, new() { Name = "Running sessions" });
            await Expect(running).ToContainTextAsync("archive");
            await Expect(running).ToContainTextAsync("%");
            await Expect(running.GetByRole(AriaRole.Progressbar)).ToHaveCountAsync(1);
        }
        finally
        {
            await ChildProcess.SignalAsync(restic, "CONT");
        }

        (await backup.EndAsync()).ShouldBe(0, backup.Output);
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Success list" })).ToContainTextAsync("archive");
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Running sessions" })).ToContainTextAsync("None at the moment.");
    }

    [Fact]
    public async Task A_killed_operator_is_told_of_and_loses_nothing()
    {
        await using var product = await Product.StartAsync();
        var restic = product.WriteRestic("accounts", "office");
        (await product.BackupAsync(restic)).Code.ShouldBe(0);
        var page = await browser.SignInAsync(product);
        var success = page.GetByRole(AriaRole.Region, new() { Name = "Success list" });
        await Expect(success.GetByRole(AriaRole.Link)).ToHaveCountAsync(1);

        await product.KillOperatorAsync();
        await Expect(page.GetByText("The operator is away.")).ToBeVisibleAsync();
        await Expect(success.GetByRole(AriaRole.Link)).ToHaveCountAsync(1);

        // The gateway is away too: this session's report waits on the runner's disk.
        await using var backup = product.Stash("backup", "--file", restic, "--pushgateway-url", product.GatewayUrl);
        await backup.UntilPrintedAsync("does not take reports");

        await product.StartOperatorAsync();
        (await backup.EndAsync()).ShouldBe(0, backup.Output);
        await Expect(page.GetByText("The operator is away.")).ToBeHiddenAsync();
        await Expect(success.GetByRole(AriaRole.Link)).ToHaveCountAsync(2);
        (await product.SessionsAsync()).Count.ShouldBe(2);
    }

    private static ILocator Tile(IPage page, string name) => page.GetByRole(AriaRole.Region, new() { Name = name, Exact = true });
}
