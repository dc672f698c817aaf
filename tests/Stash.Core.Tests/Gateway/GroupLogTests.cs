using System.Diagnostics;
using System.Text;
using Stash.Core.Gateway;
using static Stash.Core.Tests.Gateway.StoreUnderTest;

namespace Stash.Core.Tests.Gateway;

/// <summary>What is on the disk: crashes, damage, a full disk, snapshots, followers.</summary>
public sealed class GroupLogTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private string Data => _folder.In("gateway");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_log_cut_anywhere_loses_only_what_is_behind_the_cut()
    {
        var (log, bytes, ends, states) = await ThreePushesAsync();
        for (var length = 0; length <= bytes.Length; length++)
        {
            await File.WriteAllBytesAsync(log, bytes[..length], Cancelled);
            var whole = ends.Count(e => e <= length);
            await ExpectAsync(states[whole], whole, $"cut at {length} of {bytes.Length}");
        }
    }

    [Fact]
    public async Task A_damaged_byte_in_the_last_record_loses_only_that()
    {
        var (log, bytes, ends, states) = await ThreePushesAsync();
        for (var at = (int)ends[1]; at < bytes.Length; at++)
        {
            var damaged = bytes.ToArray();
            damaged[at] ^= 0x55;
            await File.WriteAllBytesAsync(log, damaged, Cancelled);
            await ExpectAsync(states[2], 2, $"damaged at {at}");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(12)]
    [InlineData(4096)]
    public async Task Zeros_or_garbage_at_the_end_are_cut_off(int length)
    {
        var (log, bytes, _, states) = await ThreePushesAsync();
        await File.WriteAllBytesAsync(log, [.. bytes, .. new byte[length]], Cancelled);
        await ExpectAsync(states[3], 3, "zeros");
        await File.WriteAllBytesAsync(log, [.. bytes, .. Enumerable.Repeat((byte)0x7f, length)], Cancelled);
        await ExpectAsync(states[3], 3, "garbage");
    }

    [Fact]
    public async Task After_a_cut_new_pushes_are_kept()
    {
        var (log, bytes, _, _) = await ThreePushesAsync();
        await File.WriteAllBytesAsync(log, bytes[..^5], Cancelled);
        await using var test = await OpenAsync(_folder);
        (await test.PutAsync(Key("job", "new"), "z 9\n")).ShouldBeEmpty();
        await test.ReopenAsync();
        (await test.SamplesAsync()).ShouldContain("z{instance=\"\",job=\"new\"} 9");
        test.Store.Position.ShouldBe(3);
    }

    [Fact]
    public async Task An_unfinished_snapshot_of_a_crash_is_ignored()
    {
        var (_, _, _, states) = await ThreePushesAsync();
        await File.WriteAllTextAsync(Path.Combine(Data, $"snapshot-{2:D20}.tmp"), "half", Cancelled);
        await ExpectAsync(states[3], 3, "unfinished snapshot");
        Directory.GetFiles(Data, "*.tmp").ShouldBeEmpty();
    }

    [Fact]
    public async Task Segments_are_deleted_once_they_are_in_a_snapshot_and_released()
    {
        await using var test = await OpenAsync(_folder, segmentBytes: 400);
        await PushManyAsync(test, 60);
        var kept = Directory.GetFiles(Data, "log-*").Length;
        kept.ShouldBeGreaterThanOrEqualTo(3, "nobody has released anything");
        var before = await test.TextAsync();

        test.Store.Release(test.Store.Position);
        Directory.GetFiles(Data, "log-*").Length.ShouldBeLessThan(kept);
        await test.ReopenAsync();
        Directory.GetFiles(Data, "snapshot-*").Length.ShouldBe(1);
        (await test.TextAsync()).ShouldBe(before);
        test.Store.Position.ShouldBe(60);
        await PushManyAsync(test, 31);
        test.Store.Position.ShouldBe(91);
    }

    [Fact]
    public async Task A_snapshot_keeps_failure_times_types_helps_and_composed_metrics()
    {
        await using var test = await OpenAsync(_folder, segmentBytes: 1);
        await test.PutAsync(Key("job", "bad"), "x 1 5\n");
        await test.PutAsync(Key("job", "a", "l", "quo\"te\\n\n"), "# HELP h A \\\\ help.\n# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_sum 0.5\nh_count 2\n# TYPE s summary\ns{quantile=\"0.5\"} NaN\ns_count 1\n# TYPE c counter\nc 1e+06\n");
        await test.PostAsync(Key("job", "empty"), "");
        var before = await test.TextAsync();
        for (var i = 0; i < 3; i++)
        {
            await test.ReopenAsync();
            (await test.TextAsync()).ShouldBe(before);
            await test.DeleteAsync(Key("job", "none"));
            await test.PutAsync(Key("job", "empty"), "");
        }

        File.Exists(Directory.GetFiles(Data, "snapshot-*").ShouldHaveSingleItem()).ShouldBeTrue();
    }

    [Fact]
    public async Task A_follower_gets_every_push_once_and_in_order_while_segments_come_and_go()
    {
        await using var test = await OpenAsync(_folder, segmentBytes: 500);
        const int Pushes = 300;
        List<long> seen = [];
        var follow = Task.Run(
            async () =>
            {
                await foreach (var record in test.Store.FollowAsync(0, Cancelled).Where(r => r.IsPush))
                {
                    seen.Add(record.Position);
                    Encoding.UTF8.GetString(record.Text.Span).ShouldContain($"restic_session_success {seen.Count}\n");
                    test.Store.Release(record.Position);
                    if (seen.Count == Pushes)
                    {
                        return;
                    }
                }
            },
            Cancelled);
        for (var i = 1; i <= Pushes; i++)
        {
            (await test.PutAsync(Key("job", $"j{i % 7}"), $"restic_session_success {i}\nother 1\n")).ShouldBeEmpty();
            if (i % 10 == 0)
            {
                await test.DeleteAsync(Key("job", "j0"));
            }
        }

        await follow.WaitAsync(TimeSpan.FromSeconds(60), Cancelled);
        seen.ShouldBe(seen.Order());
        seen.Distinct().Count().ShouldBe(Pushes);
        Directory.GetFiles(Data, "log-*").Length.ShouldBeLessThan(Pushes / 4);
    }

    [Fact]
    public async Task A_follower_goes_on_after_a_restart_where_it_was()
    {
        await using var test = await OpenAsync(_folder, segmentBytes: 300);
        await PushManyAsync(test, 5);
        await test.ReopenAsync();
        await PushManyAsync(test, 2);
        (await TakeAsync(test.Store, after: 3, count: 4)).ShouldBe([4, 5, 6, 7]);
        (await TakeAsync(test.Store, after: 0, count: 7)).ShouldBe([1, 2, 3, 4, 5, 6, 7]);
    }

    [Fact]
    public async Task A_follower_that_waits_is_cancelled()
    {
        await using var test = await OpenAsync(_folder);
        using CancellationTokenSource stop = new();
        var follow = TakeAsync(test.Store, after: 0, count: 1, stop.Token);
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => follow);
    }

    [Fact]
    public async Task On_a_full_disk_pushes_are_unavailable_and_change_nothing_until_there_is_space()
    {
        var mount = _folder.In("small");
        Directory.CreateDirectory(mount);
        Assert.SkipUnless(Environment.UserName == "root" && await RunAsync("mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", mount) == 0, "Only root can mount a tmpfs.");
        try
        {
            await using (var test = await OpenAsync(new GroupStoreOptions { Directory = Path.Combine(mount, "gateway"), SegmentBytes = 64 << 10 }))
            {
                await test.PutAsync(Key("job", "a"), "x 1\n");
                var filler = Path.Combine(mount, "filler");
                await FillAsync(filler);
                var before = await test.TextAsync();
                var padding = new string('p', 10_000);
                (await test.PutAsync(Key("job", "a"), $"x{{p=\"{padding}\"}} 2\n")).ShouldBe("unavailable");
                (await test.PutAsync(Key("job", "b"), $"x{{p=\"{padding}\"}} 2\n")).ShouldBe("unavailable");
                (await test.TextAsync()).ShouldBe(before, "reads go on, and see what was acknowledged");
                test.Store.Position.ShouldBe(1);
                (await test.Store.IsWritableAsync(Cancelled)).ShouldBeFalse();

                // It is found out without a push.
                File.Delete(filler);
                (await test.Store.IsWritableAsync(Cancelled)).ShouldBeTrue();
                test.Store.Position.ShouldBe(1);
                await test.ReopenAsync();
                (await test.TextAsync()).ShouldBe(before, "trying leaves nothing");
                (await test.PutAsync(Key("job", "b"), "x 3\n")).ShouldBeEmpty();
                await test.ReopenAsync();
                (await test.SamplesAsync()).ShouldBe(["x{instance=\"\",job=\"a\"} 1", "x{instance=\"\",job=\"b\"} 3"]);

                // Snapshots that do not fit leave nothing behind, and the log goes on.
                for (var i = 0; i < 40; i++)
                {
                    await test.PutAsync(Key("job", $"large{i % 12}"), $"x{{p=\"{i}{padding}\"}} 2\n");
                }

                var held = await test.TextAsync();
                test.Store.Release(test.Store.Position);
                await test.ReopenAsync();
                (await test.TextAsync()).ShouldBe(held);
            }
        }
        finally
        {
            (await RunAsync("umount", mount)).ShouldBe(0);
        }
    }

    private static async Task FillAsync(string path)
    {
        await using FileStream file = new(path, FileMode.Create, FileAccess.Write, FileShare.None, 0);
        try
        {
            while (true)
            {
                await file.WriteAsync(new byte[4096], Cancelled);
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }

    private static async Task<int> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true })!;
        await process.WaitForExitAsync(Cancelled);
        return process.ExitCode;
    }

    private static async Task PushManyAsync(StoreUnderTest test, int count)
    {
        for (var i = 0; i < count; i++)
        {
            (await test.PutAsync(Key("job", $"j{i}"), $"x {i}\n")).ShouldBeEmpty();
        }
    }

    private static async Task<List<long>> TakeAsync(GroupStore store, long after, int count, CancellationToken? cancelled = null)
    {
        List<long> positions = [];
        await foreach (var record in store.FollowAsync(after, cancelled ?? Cancelled).Where(r => r.IsPush))
        {
            positions.Add(record.Position);
            if (positions.Count == count)
            {
                break;
            }
        }

        return positions;
    }

    /// <summary>A log of three pushes: its file, its bytes, where each record ends, and what is exposed after none, one, two and three.</summary>
    private async Task<(string Path, byte[] Bytes, List<long> Ends, List<string> States)> ThreePushesAsync()
    {
        await using var test = await OpenAsync(_folder);
        var log = Directory.GetFiles(Data, "log-*").ShouldHaveSingleItem();
        List<long> ends = [];
        List<string> states = [await test.TextAsync()];
        foreach (var (job, text) in new[] { ("a", "x 1\n"), ("b", "x 2\ny{l=\"1\"} 3\n"), ("a", "x 4\n") })
        {
            (await test.PutAsync(Key("job", job), text)).ShouldBeEmpty();
            ends.Add(new FileInfo(log).Length);
            states.Add(await test.TextAsync());
        }

        await test.DisposeAsync();
        return (log, await File.ReadAllBytesAsync(log, Cancelled), ends, states);
    }

    private async Task ExpectAsync(string text, long position, string when)
    {
        await using var test = await OpenAsync(_folder);
        (await test.TextAsync()).ShouldBe(text, when);
        test.Store.Position.ShouldBe(position, when);
    }
}
