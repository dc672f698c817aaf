using System.Net;
using System.Text;
using Stash.Operator.Audit;
using Stash.Operator.Telemetry;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Audit;

/// <summary>Where the audit log cannot be written, nothing is changed.</summary>
public sealed class UnwritableAuditTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task On_a_full_disk_changes_are_refused_before_they_are_made_and_all_else_goes_on()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root may mount a tmpfs.");
        using var folder = new TempFolder();
        var disk = Directory.CreateDirectory(folder.In("disk")).FullName;
        var (mounted, _, error) = await ChildProcess.RunAsync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", disk]);
        Assert.SkipUnless(mounted == 0, $"No tmpfs can be mounted here: {error}");
        try
        {
            await using var it = await OperatorProcess.StartAsync("--audit-log-path", Path.Combine(disk, "audit.log"));
            using (var first = await it.ChangeAsync("first"))
            {
                first.StatusCode.ShouldBe(HttpStatusCode.OK);
            }

            var filler = Path.Combine(disk, "filler");
            Should.Throw<IOException>(() => File.WriteAllBytes(filler, new byte[2 << 20]));
            await ExpectRefusedAsync(it, "its disk is full: make space");
            await it.ReadyTellsAsync("\n[-]audit failed: the audit log cannot be written, so that changes are refused: its disk is full: make space\n", HttpStatusCode.ServiceUnavailable);

            // Pushes are no changes over the API.
            await it.PushAsync(new SessionPush { Id = "meanwhile" });
            (await it.Api.GetStringAsync("/metrics", Stop)).ShouldContain("\nstash_audit_available 0\n");
            await it.LoggedAsync("ERROR The audit log cannot be written, and changes over the API are refused until it can: its disk is full: make space");

            File.Delete(filler);
            using (var second = await it.ChangeAsync("second"))
            {
                second.StatusCode.ShouldBe(HttpStatusCode.OK);
                var lines = AuditTrail.Read(await File.ReadAllTextAsync(Path.Combine(disk, "audit.log"), Stop));
                lines.Count.ShouldBe(2);
                lines[1].Text("auditID").ShouldBe(AuditTrail.IdOf(second));
            }

            await it.LoggedAsync("The audit log can be written again");
            var metrics = await it.Api.GetStringAsync("/metrics", Stop);
            metrics.ShouldContain("\nstash_audit_available 1\n");
            metrics.ShouldContain("\napiserver_audit_requests_rejected_total 1\n");
        }
        finally
        {
            await ChildProcess.RunAsync("umount", ["-l", disk]);
        }
    }

    [Fact]
    public async Task A_folder_in_its_place_is_told_and_passes()
    {
        await using var it = await OperatorProcess.StartAsync();
        var log = Path.Combine(it.DataDirectory, "audit.log");
        File.Delete(log);
        Directory.CreateDirectory(log);
        await ExpectRefusedAsync(it, "its path is a folder: name a file with --audit-log-path");
        Directory.Delete(log);
        using var answer = await it.ChangeAsync("again");
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        it.Lines().Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_path_that_was_chosen_and_cannot_be_is_told_at_start()
    {
        using TempFolder folder = new();
        var path = folder.In("missing", "audit.log");
        var (code, _, error) = await ChildProcess.RunAsync(OperatorProcess.Executable,
            ["run", "--data-dir", folder.In("data"), "--gateway-address", "127.0.0.1:0", "--api-address", "127.0.0.1:0", "--audit-log-path", path]);
        (code, error).ShouldBe((1, $"--audit-log-path (Stash:Audit:LogPath) is \"{path}\", which cannot be written: its folder does not exist: make it, writable for stash.\n"));
    }

    [Fact]
    public async Task A_read_only_disk_is_told_at_start()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root may mount a tmpfs.");
        using TempFolder folder = new();
        var disk = Directory.CreateDirectory(folder.In("disk")).FullName;
        var (mounted, _, problem) = await ChildProcess.RunAsync("mount", ["-t", "tmpfs", "-o", "ro", "tmpfs", disk]);
        Assert.SkipUnless(mounted == 0, $"No tmpfs can be mounted here: {problem}");
        try
        {
            var (code, _, error) = await ChildProcess.RunAsync(OperatorProcess.Executable,
                ["run", "--data-dir", folder.In("data"), "--gateway-address", "127.0.0.1:0", "--api-address", "127.0.0.1:0", "--audit-log-path", Path.Combine(disk, "audit.log")]);
            (code, error).ShouldBe((1, $"--audit-log-path (Stash:Audit:LogPath) is \"{disk}/audit.log\", which cannot be written: its disk is read-only: make it writable.\n"));
        }
        finally
        {
            await ChildProcess.RunAsync("umount", ["-l", disk]);
        }
    }

    /// <summary>A double of the file: a real one whose room is set aside does not fail when it is written.</summary>
    [Fact]
    public async Task A_record_that_fails_all_the_same_is_told_kept_and_written_before_the_next_change()
    {
        FailingSink sink = new();
        ListLogger logger = new();
        AuditMetrics metrics = new(new OperatorMetrics());
        using AuditLog log = new(sink, metrics, logger.For<AuditLog>());
        (await log.ReserveAsync(Stop)).ShouldBeNull();
        (await log.ReserveAsync(Stop)).ShouldBeNull();
        sink.Fails = true;
        await log.WriteAsync("one\n"u8.ToArray());
        logger.Lines.ShouldContain("A change is made that the audit log does not yet have (its disk refuses it: the log of stash tells more); changes are refused until it has. The record: one");
        (await log.ReserveAsync(Stop)).ShouldBe("its disk refuses it: the log of stash tells more");
        (metrics.Available.Value, metrics.Events.Value).ShouldBe((0, 0));
        metrics.Errors.Value.ShouldBe(2);

        sink.Fails = false;
        await log.WriteAsync("two\n"u8.ToArray());
        (await log.ReserveAsync(Stop)).ShouldBeNull();
        sink.Written.ToString().ShouldBe("one\ntwo\n");
        (metrics.Available.Value, metrics.Events.Value).ShouldBe((1, 2));
        sink.Most.ShouldBe(2, "room for a line of each that is in progress");
    }

    private static async Task ExpectRefusedAsync(OperatorProcess it, string problem)
    {
        var before = await it.SettingsAsync();
        using var answer = await it.ChangeAsync("refused");
        var status = await answer.StatusAsync(HttpStatusCode.ServiceUnavailable);
        (status.Reason, status.Message).ShouldBe(("ServiceUnavailable", $"nothing was changed, since the audit log cannot be written: {problem}. Then send it again"));
        answer.Headers.RetryAfter.ShouldNotBeNull();
        (await it.SettingsAsync()).Metadata.ResourceVersion.ShouldBe(before.Metadata.ResourceVersion);
    }

    private sealed class FailingSink : IAuditSink
    {
        public bool Fails { get; set; }

        public int Most { get; private set; }

        public StringBuilder Written { get; } = new();

        public void Reserve(int lines) => Most = Math.Max(Most, lines);

        public void Write(ReadOnlySpan<byte> line)
        {
            if (Fails)
            {
                throw new IOException("An error of the disk.");
            }

            Written.Append(Encoding.UTF8.GetString(line));
        }

        public void Dispose()
        {
        }
    }
}
