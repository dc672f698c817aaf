using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Stash.Core.Configuration;
using Stash.Operator.Audit;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Audit;

/// <summary>The file of the audit log: how it is put aside, by itself and by others, and what a crash leaves.</summary>
public sealed class AuditFileTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 26, 8, 30, 0, TimeSpan.Zero));

    private string Log => _folder.In("audit.log");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void At_its_size_it_is_put_aside_under_the_time_and_only_so_many_are_kept()
    {
        using var file = File(maxBackups: 2);
        var written = 0;
        for (var i = 0; i < 80; i++)
        {
            Write(file, Text(i));
            written++;
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        var aside = Directory.GetFiles(_folder.FullPath, "audit-*.log").Order(StringComparer.Ordinal).ToList();
        aside.Count.ShouldBe(2);
        Path.GetFileName(aside[0]).ShouldMatch(@"^audit-2026-11-26T\d\d-\d\d-00\.000\.log$");
        Directory.GetFiles(_folder.FullPath).Length.ShouldBe(3, "nothing else is left");
        foreach (var path in aside.Append(Log))
        {
            new FileInfo(path).Length.ShouldBeLessThanOrEqualTo(1 << 20);
            System.IO.File.GetUnixFileMode(path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        // One after the other, and none missing among those that are kept.
        var numbers = aside.Append(Log).SelectMany(System.IO.File.ReadLines).Select(l => int.Parse(l[..l.IndexOf(' ', StringComparison.Ordinal)], System.Globalization.CultureInfo.InvariantCulture)).ToList();
        numbers.ShouldBe(Enumerable.Range(written - numbers.Count, numbers.Count));
    }

    [Fact]
    public void What_is_older_than_its_days_is_deleted_and_nothing_that_is_not_its_own()
    {
        foreach (var name in new[] { "audit-2026-11-01T00-00-00.000.log", "audit-2026-11-25T00-00-00.000.log", "audit-notes.log", "audit-2026-11-01T00-00-00.000.txt", "other-2026-11-01T00-00-00.000.log" })
        {
            System.IO.File.WriteAllText(_folder.In(name), "");
        }

        using var file = File(maxAgeDays: 7);
        Write(file, "line\n");
        Names().ShouldBe(["audit-2026-11-01T00-00-00.000.txt", "audit-2026-11-25T00-00-00.000.log", "audit-notes.log", "audit.log", "other-2026-11-01T00-00-00.000.log"]);

        // Without another start, too.
        _time.Advance(TimeSpan.FromDays(7));
        Write(file, "line\n");
        Names().ShouldNotContain("audit-2026-11-25T00-00-00.000.log");
    }

    [Fact]
    public void Who_moves_it_away_gets_a_new_one()
    {
        using var file = File();
        Write(file, "one\n");
        System.IO.File.Move(Log, _folder.In("mine.log"));
        Write(file, "two\n");
        System.IO.File.Delete(Log);
        Write(file, "three\n");
        // By another in its place, as logrotate's "create" does.
        System.IO.File.Move(Log, _folder.In("third.log"));
        System.IO.File.WriteAllText(Log, "");
        Write(file, "four\n");
        (Read("mine.log"), Read("third.log"), Read("audit.log")).ShouldBe(("one\n", "three\n", "four\n"));
    }

    [Fact]
    public void Who_truncates_it_gets_no_hole()
    {
        using var file = File();
        Write(file, "one\n");
        using (FileStream stream = new(Log, FileMode.Truncate))
        {
        }

        Write(file, "two\n");
        Read("audit.log").ShouldBe("two\n");
    }

    [Fact]
    public void A_link_leads_to_the_file_and_stays()
    {
        Directory.CreateDirectory(_folder.In("real"));
        System.IO.File.CreateSymbolicLink(Log, _folder.In("real", "a.log"));
        using var file = File();
        for (var i = 0; i < 20; i++)
        {
            Write(file, Text(i));
        }

        new FileInfo(Log).LinkTarget.ShouldNotBeNull();
        Directory.GetFiles(_folder.In("real"), "a-*.log").Length.ShouldBe(1);
        Read("real/a.log").ShouldStartWith("1");
    }

    [Fact]
    public void Half_a_line_that_a_crash_left_is_ended_and_kept()
    {
        System.IO.File.WriteAllText(Log, "{\"whole\":1}\n{\"hal");
        using var file = File();
        Write(file, "{\"next\":1}\n");
        Read("audit.log").ShouldBe("{\"whole\":1}\n{\"hal\n{\"next\":1}\n");
    }

    [Fact]
    public void Room_is_set_aside_on_the_disk_without_being_seen_and_given_back()
    {
        var file = File();
        Write(file, "one\n");
        file.Reserve(16);
        new FileInfo(Log).Length.ShouldBe(4);
        Allocated().ShouldBeGreaterThanOrEqualTo(16 * IAuditSink.MaxLine);
        file.Dispose();
        Allocated().ShouldBeLessThan(IAuditSink.MaxLine);
    }

    [Theory]
    [InlineData("folder", "its path is a folder: name a file with --audit-log-path")]
    [InlineData("pipe", "its path is no file that keeps what is written: name one with --audit-log-path, or - for standard output")]
    [InlineData("gone", "its folder does not exist: make it, writable for stash")]
    public async Task Where_it_cannot_be_written_it_says_why_and_what_to_do(string what, string reason)
    {
        var path = what == "gone" ? _folder.In("gone", "audit.log") : Log;
        switch (what)
        {
            case "folder":
                Directory.CreateDirectory(path);
                break;
            case "pipe":
                (await ChildProcess.RunAsync("mkfifo", [path])).ExitCode.ShouldBe(0);
                break;
        }

        using AuditFile file = new(path, Options(), _time, NullLogger.Instance);
        AuditException.Reason(Should.Throw<Exception>(() => file.Reserve(1))).ShouldBe(reason);
    }

    [Fact]
    public void A_folder_that_goes_and_comes_back_is_used_again()
    {
        Directory.CreateDirectory(_folder.In("logs"));
        using AuditFile file = new(_folder.In("logs", "audit.log"), Options(), _time, NullLogger.Instance);
        Write(file, "one\n");
        Directory.Delete(_folder.In("logs"), recursive: true);
        AuditException.Reason(Should.Throw<Exception>(() => file.Reserve(1))).ShouldBe("its folder does not exist: make it, writable for stash");
        Directory.CreateDirectory(_folder.In("logs"));
        Write(file, "two\n");
        Read("logs/audit.log").ShouldBe("two\n");
    }

    private static void Write(AuditFile file, string line)
    {
        file.Reserve(1);
        file.Write(Encoding.UTF8.GetBytes(line));
    }

    private static string Text(int number) => $"{number} {new string('x', 60_000)}\n";

    private static AuditOptions Options(int maxBackups = 10, int maxAgeDays = 0) => new() { LogPath = null, MaxSizeMegabytes = 1, MaxBackups = maxBackups, MaxAgeDays = maxAgeDays };

    private AuditFile File(int maxBackups = 10, int maxAgeDays = 0) => new(Log, Options(maxBackups, maxAgeDays), _time, NullLogger.Instance);

    private string Read(string name) => System.IO.File.ReadAllText(_folder.In(name));

    private IEnumerable<string> Names() => Directory.GetFiles(_folder.FullPath).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal);

    private long Allocated()
    {
        var (_, output, _) = ChildProcess.RunAsync("stat", ["-c", "%b", Log]).GetAwaiter().GetResult();
        return 512 * long.Parse(output, System.Globalization.CultureInfo.InvariantCulture);
    }
}
