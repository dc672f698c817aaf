using System.Net;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Hosting;

/// <summary>A data folder on a disk that fills up: a small tmpfs, which root alone may mount.</summary>
public sealed class FullDiskTests
{
    [Fact]
    public async Task What_was_acknowledged_is_in_the_journal_when_there_is_space_again()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root may mount a tmpfs.");
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder.In("disk"));
        var (mounted, _, error) = await ChildProcess.RunAsync("mount", ["-t", "tmpfs", "-o", "size=12m", "tmpfs", folder.In("disk")]);
        Assert.SkipUnless(mounted == 0, $"No tmpfs can be mounted here: {error}");
        try
        {
            await File.WriteAllBytesAsync(folder.In("disk", "filler"), new byte[9 << 20], TestContext.Current.CancellationToken);
            await using var it = await OperatorProcess.StartInAsync(folder.In("disk", "data"));

            // The journal takes its first session in before the disk is full: it follows the pushes at its own pace.
            await it.PushAsync(new SessionPush { Id = "first" });
            await Eventually.TrueAsync("the first session is in the journal", async () => (await it.SessionsAsync("?limit=1")).Items.Count == 1);
            List<string> acknowledged = ["first"];
            HttpStatusCode? refused = null;
            for (var i = 0; i < 2000 && refused is null; i++)
            {
                var push = new SessionPush { Id = $"s{i}", App = $"app{i % 20}", Message = new string('x', 1500) };
                refused = await it.TryPushAsync(push);
                if (refused is null)
                {
                    acknowledged.Add(push.Id);
                }
            }

            refused.ShouldBe(HttpStatusCode.ServiceUnavailable);

            using (var answer = await it.Gateway.PutAsync("metrics/job/a", new StringContent($"# HELP x {new string('x', 100_000)}\nx 1\n"), TestContext.Current.CancellationToken))
            {
                answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
                answer.Headers.RetryAfter.ShouldNotBeNull();
                (await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldStartWith("nothing was stored: the gateway cannot write its data folder at the moment (is its disk full?); push again later");
            }

            // Reads go on: the API, and the exposition, which says what is wrong.
            (await it.SessionsAsync("?limit=1")).Items.Count.ShouldBe(1);
            var exposed = await it.Gateway.GetStringAsync("metrics", TestContext.Current.CancellationToken);
            exposed.ShouldContain("restic_session_success{app=\"app1\"");
            exposed.ShouldContain("\nstash_gateway_unavailable 1\n");

            using (var ready = await it.Gateway.GetAsync("-/ready", TestContext.Current.CancellationToken))
            {
                ready.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
                (await ready.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldContain("the push log cannot be written, so no push is taken: see that the disk of the data folder has space");
            }

            using (var healthy = await it.Gateway.GetAsync("-/healthy", TestContext.Current.CancellationToken))
            {
                healthy.StatusCode.ShouldBe(HttpStatusCode.OK);
            }

            // Nothing but space is needed for the next push to be taken.
            File.Delete(folder.In("disk", "filler"));
            await it.PushAsync(new SessionPush { Id = "again" });
            acknowledged.Add("again");
            (await it.Gateway.GetStringAsync("metrics", TestContext.Current.CancellationToken)).ShouldContain("\nstash_gateway_unavailable 0\n");
            using (var ready = await it.Gateway.GetAsync("-/ready", TestContext.Current.CancellationToken))
            {
                ready.StatusCode.ShouldBe(HttpStatusCode.OK);
            }

            // What went wrong and what to do, without the exception's own words.
            await it.LoggedAsync("cannot be written: pushes are refused as unavailable until it can. See that its disk has space");
            it.Process.Output.ShouldNotContain("Exception");
            await Eventually.TrueAsync("all acknowledged sessions are in the journal", async () =>
                !acknowledged.Except((await it.SessionsAsync("?limit=5000")).Items.Select(s => s.Id), StringComparer.Ordinal).Any());
            await it.PushAsync(new SessionPush { Id = "after" });
            (await it.StopAsync()).ShouldBe(0);
        }
        finally
        {
            await ChildProcess.RunAsync("umount", ["-l", folder.In("disk")]);
        }
    }

    [Fact]
    public async Task A_snapshot_for_which_there_is_no_space_is_made_when_there_is_and_nothing_is_lost_meanwhile()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root may mount a tmpfs.");
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder.In("disk"));
        var (mounted, _, error) = await ChildProcess.RunAsync("mount", ["-t", "tmpfs", "-o", "size=48m", "tmpfs", folder.In("disk")]);
        Assert.SkipUnless(mounted == 0, $"No tmpfs can be mounted here: {error}");
        try
        {
            await using var it = await OperatorProcess.StartWithAsync(
                new Dictionary<string, string>(StringComparer.Ordinal) { ["Stash:Gateway:LogSegmentBytes"] = "65536" }, folder.In("disk", "data"));
            var snapshots = Path.Combine(it.DataDirectory, "gateway");

            var taken = 0;
            while (Size(snapshots, "snapshot-*") < 1 << 20)
            {
                (await PushAsync(it, taken++)).ShouldBeTrue();
            }

            await Eventually.TrueAsync("what the snapshot holds is no longer in the log", () => Directory.GetFiles(snapshots, "log-*").Length == 1);
            // The next snapshot comes when the log has grown to twice the last one's size, and is three times its size. For the log there is
            // space, for that there is not.
            var free = new DriveInfo(folder.In("disk")).AvailableFreeSpace;
            await File.WriteAllBytesAsync(folder.In("disk", "filler"), new byte[free - (Size(snapshots, "snapshot-*") * 26 / 10)], TestContext.Current.CancellationToken);
            while (await PushAsync(it, taken))
            {
                taken++;
            }

            await it.LoggedAsync("no snapshot could be made; the log keeps growing until one can. See that its disk has space");
            Directory.GetFiles(snapshots, "*.tmp").ShouldBeEmpty("what is there of it would only keep the disk full");
            await ExpectAsync(it, taken);
            await it.KillAsync();
            File.Delete(folder.In("disk", "filler"));
            await it.StartAgainAsync();
            await ExpectAsync(it, taken);

            var before = Directory.GetFiles(snapshots, "snapshot-*");
            await Eventually.TrueAsync("a snapshot is made", async () => await PushAsync(it, taken++) && !Directory.GetFiles(snapshots, "snapshot-*").Order().SequenceEqual(before.Order()));
            await it.KillAsync();
            await it.StartAgainAsync();
            await ExpectAsync(it, taken);
        }
        finally
        {
            await ChildProcess.RunAsync("umount", ["-l", folder.In("disk")]);
        }
    }

    private static long Size(string folder, string files) => Directory.GetFiles(folder, files).Sum(f => f.EndsWith(".tmp", StringComparison.Ordinal) || new FileInfo(f) is not { Exists: true } file ? 0 : file.Length);

    private static async Task<bool> PushAsync(OperatorProcess it, int number)
    {
        // Large, so that it is the log that fills the disk, and not the journal, which follows with some bytes for each.
        var body = string.Concat(Enumerable.Range(0, 20).Select(i => $"full_disk{{n=\"{i}\",text=\"{new string('x', 5000)}\"}} {number}\n"));
        using var answer = await it.Gateway.PutAsync($"metrics/job/j{number}", new StringContent(body), TestContext.Current.CancellationToken);
        answer.StatusCode.ShouldBeOneOf(HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable);
        return answer.IsSuccessStatusCode;
    }

    private static async Task ExpectAsync(OperatorProcess it, int groups) =>
        (await it.Gateway.GetStringAsync("metrics", TestContext.Current.CancellationToken)).Split('\n').Count(l => l.StartsWith("full_disk{", StringComparison.Ordinal)).ShouldBe(20 * groups);
}
