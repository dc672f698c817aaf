using System.Net;
using Microsoft.Data.Sqlite;
using Stash.Core.Api;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Health;

/// <summary>The health of the real process, as somebody without credentials hears it.</summary>
public sealed class HealthTests(OperatorFixture fixture) : IClassFixture<OperatorFixture>, IDisposable
{
    private readonly HttpClient _anybody = fixture.Operator.NewApiClient(null);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _anybody.Dispose();

    [Theory]
    [InlineData("/healthz")]
    [InlineData("/livez")]
    [InlineData("/readyz")]
    public async Task It_is_ok_to_everybody_by_get_and_head_alone(string path)
    {
        using var get = await _anybody.GetAsync(path, Stop);
        (get.StatusCode, await get.Content.ReadAsStringAsync(Stop)).ShouldBe((HttpStatusCode.OK, "ok"));
        get.Content.Headers.ContentType!.ToString().ShouldBe("text/plain; charset=utf-8");
        get.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
        get.Headers.CacheControl!.NoCache.ShouldBeTrue();

        using HttpRequestMessage headers = new(HttpMethod.Head, path);
        using var head = await _anybody.SendAsync(headers, Stop);
        (head.StatusCode, head.Content.Headers.ContentLength).ShouldBe((HttpStatusCode.OK, 2));
        foreach (var method in new[] { HttpMethod.Post, HttpMethod.Put, HttpMethod.Delete, HttpMethod.Options })
        {
            using HttpRequestMessage request = new(method, path);
            using var answer = await _anybody.SendAsync(request, Stop);
            await answer.StatusAsync(HttpStatusCode.MethodNotAllowed);
            answer.Content.Headers.Allow.ShouldBe(["GET", "HEAD"], ignoreOrder: true);
        }
    }

    [Fact]
    public async Task Asked_for_it_lists_every_check()
    {
        var ready = await _anybody.GetStringAsync("/readyz?verbose", Stop);
        ready.Split('\n').Select(l => l.Split(' ')[0]).ShouldBe(
            ["[+]ping", "[+]gateway-writer", "[+]gateway", "[+]journal", "[+]disk-space", "[+]leader", "[+]shutdown", "[+]audit", "[+]certificate", "readyz", ""], ignoreOrder: true);
        ready.ShouldContain("[+]leader ok: this process: it holds the data folder's lock\n");
        ready.ShouldEndWith("\nreadyz check passed\n");
        (await _anybody.GetStringAsync("/livez?verbose", Stop)).ShouldBe("[+]ping ok\n[+]gateway-writer ok\nlivez check passed\n");
        (await _anybody.GetStringAsync("/healthz?verbose", Stop)).ShouldBe("[+]ping ok\n[+]gateway-writer ok\nhealthz check passed\n");
    }

    [Fact]
    public async Task A_check_can_be_left_out_and_one_that_is_none_is_told()
    {
        var text = await _anybody.GetStringAsync("/livez?verbose=1&exclude=ping&exclude=etcd&exclude=ping", Stop);
        text.ShouldBe("[+]ping excluded: ok\n[+]gateway-writer ok\nwarn: some health checks cannot be excluded: no matches for \"etcd\"\nlivez check passed\n");
        (await _anybody.GetStringAsync("/livez?exclude=%1b[31m", Stop)).ShouldBe("ok\nwarn: some health checks cannot be excluded: no matches for \"\\x1b[31m\"\n");
    }

    [Fact]
    public async Task A_check_can_be_asked_for_alone()
    {
        (await _anybody.GetStringAsync("/readyz/journal", Stop)).ShouldBe("ok");
        (await _anybody.GetStringAsync("/readyz/journal?verbose", Stop)).ShouldBe("[+]journal ok\nreadyz check passed\n");
        foreach (var (path, known) in new[] { ("/livez/journal", "ping, gateway-writer"), ("/readyz/nothing", "") })
        {
            using var answer = await _anybody.GetAsync(path, Stop);
            answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);
            (await answer.Content.ReadAsStringAsync(Stop)).ShouldStartWith($"there is no check \"{path.Split('/')[2]}\": ask for one of {known}");
        }
    }

    [Fact]
    public async Task A_journal_that_is_gone_is_told_with_the_remedy_and_is_no_reason_to_restart()
    {
        await using var it = await OperatorProcess.StartAsync();
        using var anybody = it.NewApiClient(null);
        var journal = Path.Combine(it.DataDirectory, "journal.db");
        File.Move(journal, journal + ".away");
        var text = await Eventually.GetAsync("it is not ready", async () =>
        {
            using var answer = await anybody.GetAsync(ApiPaths.Ready, Stop);
            return answer.StatusCode == HttpStatusCode.ServiceUnavailable ? await answer.Content.ReadAsStringAsync(Stop) : null;
        });
        text.ShouldContain("\n[-]journal failed: the session journal (journal.db in the data folder) cannot be read and written: see that this user may read and write it, that its disk has space and that no other program holds it\n");
        text.ShouldContain("[+]gateway ok\n");
        text.ShouldEndWith("readyz check failed\n");
        text.ShouldNotContain(it.DataDirectory, customMessage: "where it lies is not for everybody");
        (await anybody.GetStringAsync(ApiPaths.Live, Stop)).ShouldBe("ok");
        (await anybody.GetStringAsync("/readyz?exclude=journal", Stop)).ShouldBe("ok");
        using (var alone = await anybody.GetAsync("/readyz/journal", Stop))
        {
            alone.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        }

        // Though nobody asks, it is a metric and a line in the log within the period.
        await Eventually.TrueAsync("it is told", async () => it.Process.Output.Contains("WARNING Health check journal fails: the session journal (journal.db in the data folder) cannot be read", StringComparison.Ordinal)
            && (await it.Api.GetStringAsync("/metrics", Stop)).Contains("\nstash_health_check_status{check=\"journal\"} 0\n", StringComparison.Ordinal));
        File.Move(journal + ".away", journal);
        await Eventually.TrueAsync("it is ready again", async () => (await anybody.GetAsync(ApiPaths.Ready, Stop)).IsSuccessStatusCode);
        it.Process.Output.ShouldNotContain("Exception");
    }

    [Fact]
    public async Task A_journal_that_takes_nothing_in_is_told_until_it_does()
    {
        await using var it = await OperatorProcess.StartAsync();
        using var anybody = it.NewApiClient(null);
        await it.PushAsync(new SessionPush { Id = "before" });
        await Eventually.TrueAsync("the first is taken in", async () => (await it.SessionsAsync()).Items.Count == 1);
        await ExecuteAsync("CREATE TRIGGER no BEFORE INSERT ON sessions BEGIN SELECT RAISE(ABORT, 'no'); END");
        await it.PushAsync(new SessionPush { Id = "meanwhile" });
        await FailsAsync(anybody, "journal", "the session journal (journal.db in the data folder) cannot be written; pushes are safe in the gateway's log meanwhile: see that this user may read and write it, that its disk has space and that no other program holds it");
        (await anybody.GetStringAsync("/readyz/gateway", Stop)).ShouldBe("ok");
        (await anybody.GetStringAsync(ApiPaths.Live, Stop)).ShouldBe("ok");

        await ExecuteAsync("DROP TRIGGER no");
        await Eventually.TrueAsync("it is ready again", async () => (await anybody.GetAsync(ApiPaths.Ready, Stop)).IsSuccessStatusCode);
        (await it.SessionsAsync()).Items.Count.ShouldBe(2);

        async Task ExecuteAsync(string text)
        {
            await using SqliteConnection connection = new(new SqliteConnectionStringBuilder { DataSource = Path.Combine(it.DataDirectory, "journal.db"), Pooling = false }.ToString());
            await connection.OpenAsync(Stop);
            await using var command = connection.CreateCommand();
            command.CommandText = text;
            await command.ExecuteNonQueryAsync(Stop);
        }
    }

    [Fact]
    public async Task A_disk_that_is_nearly_full_and_then_full_is_told()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root may mount a tmpfs.");
        using var folder = new TempFolder();
        var disk = Directory.CreateDirectory(folder.In("disk")).FullName;
        var (mounted, _, error) = await ChildProcess.RunAsync("mount", ["-t", "tmpfs", "-o", "size=24m", "tmpfs", disk]);
        Assert.SkipUnless(mounted == 0, $"No tmpfs can be mounted here: {error}");
        try
        {
            await using var it = await OperatorProcess.StartInAsync(Path.Combine(disk, "data"));
            using var anybody = it.NewApiClient(null);
            (await anybody.GetStringAsync("/readyz/disk-space", Stop)).ShouldBe("ok");
            await File.WriteAllBytesAsync(Path.Combine(disk, "filler"), new byte[new DriveInfo(disk).AvailableFreeSpace - (1 << 20)], Stop);
            await FailsAsync(anybody, "disk-space", "the disk of the data folder is nearly full (less than 5 % free): make space, or move the data folder to a larger disk; once it is full, pushes and changes are refused");
            (await anybody.GetStringAsync("/readyz/gateway", Stop)).ShouldBe("ok");

            Should.Throw<IOException>(() => File.WriteAllBytes(Path.Combine(disk, "more"), new byte[2 << 20]));
            (await it.TryPushAsync(new SessionPush { Id = "no", Message = new string('x', 1500) })).ShouldBe(HttpStatusCode.ServiceUnavailable);
            await FailsAsync(anybody, "gateway", "the push log cannot be written, so no push is taken: see that the disk of the data folder has space and that stash may write there");
            (await anybody.GetStringAsync(ApiPaths.Live, Stop)).ShouldBe("ok");

            File.Delete(Path.Combine(disk, "filler"));
            File.Delete(Path.Combine(disk, "more"));
            await Eventually.TrueAsync("it is ready again", async () => (await anybody.GetAsync(ApiPaths.Ready, Stop)).IsSuccessStatusCode);
        }
        finally
        {
            await ChildProcess.RunAsync("umount", ["-l", disk]);
        }
    }

    private static Task FailsAsync(HttpClient anybody, string check, string reason) => Eventually.TrueAsync($"{check} fails", async () =>
    {
        using var answer = await anybody.GetAsync($"/readyz/{check}", Stop);
        return answer.StatusCode == HttpStatusCode.ServiceUnavailable && await answer.Content.ReadAsStringAsync(Stop) == $"[-]{check} failed: {reason}\nreadyz check failed\n";
    });
}
