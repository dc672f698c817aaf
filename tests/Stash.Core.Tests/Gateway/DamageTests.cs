using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Stash.Core.Exposition;
using Stash.Core.Gateway;

namespace Stash.Core.Tests.Gateway;

/// <summary>Files of the store that are damaged, not only torn: the store opens with what is before the damage, says what is lost, and goes on.</summary>
public sealed class DamageTests : IDisposable
{
    private const int Pushes = 20;
    private readonly TempFolder _folder = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private string Data => _folder.In("gateway");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("a bit of the last record", 1)]
    [InlineData("a bit of the record before the last", 2)]
    [InlineData("the last record's checksum", 1)]
    [InlineData("the last record's length", 1)]
    [InlineData("garbage appended", 0)]
    [InlineData("a page of zeros over the last records", 3)]
    [InlineData("zeros appended", 0)]
    [InlineData("cut within the last record", 1)]
    [InlineData("an empty last segment", 0)]
    [InlineData("a last segment of garbage", 0)]
    public async Task A_damaged_end_is_cut_at_the_last_good_record(string damage, int lost)
    {
        var ends = await MakeAsync();
        var log = Directory.GetFiles(Data, "log-*").ShouldHaveSingleItem();
        var bytes = await File.ReadAllBytesAsync(log, Cancelled);
        var last = (int)ends[^2];
        var next = Path.Combine(Data, string.Create(CultureInfo.InvariantCulture, $"log-{Pushes + 1:D20}"));
        switch (damage)
        {
            case "a bit of the last record":
                bytes[^3] ^= 0x10;
                break;
            case "a bit of the record before the last":
                bytes[last - 3] ^= 0x10;
                break;
            case "the last record's checksum":
                bytes[last + 5] ^= 0x80;
                break;
            case "the last record's length":
                bytes[last + 1] ^= 0x01;
                break;
            case "garbage appended":
                bytes = [.. bytes, .. Encoding.ASCII.GetBytes("nonsense nonsense nonsense nonsense")];
                break;
            case "a page of zeros over the last records":
                bytes.AsSpan((int)ends[^4]..).Clear();
                break;
            case "zeros appended":
                bytes = [.. bytes, .. new byte[4096]];
                break;
            case "cut within the last record":
                bytes = bytes[..(last + 9)];
                break;
            case "an empty last segment":
                await File.WriteAllBytesAsync(next, [], Cancelled);
                break;
            default:
                await File.WriteAllBytesAsync(next, Enumerable.Repeat((byte)0xA5, 300).ToArray(), Cancelled);
                break;
        }

        await File.WriteAllBytesAsync(log, bytes, Cancelled);
        var good = ends[^(lost + 1)];
        await ExpectAsync(Pushes - lost, damage == "an empty last segment" ? 0 : damage == "a last segment of garbage" ? 300 : bytes.Length - good);

        // What is pushed from then on is kept, and nothing is cut again.
        await using (var store = await OpenAsync())
        {
            (store.Statistics.Cuts, store.Statistics.CutBytes).ShouldBe((0, 0));
            await PushAsync(store, 99);
        }

        await ExpectAsync(Pushes - lost + 1, 0);
    }

    [Fact]
    public async Task Damage_in_an_earlier_file_costs_what_is_behind_it_there_and_no_more()
    {
        var ends = await MakeAsync();
        var first = Directory.GetFiles(Data, "log-*").ShouldHaveSingleItem();
        var bytes = await File.ReadAllBytesAsync(first, Cancelled);
        var second = Path.Combine(Data, string.Create(CultureInfo.InvariantCulture, $"log-{11:D20}"));
        await File.WriteAllBytesAsync(second, bytes[(int)ends[9]..], Cancelled);
        bytes = bytes[..(int)ends[9]];
        bytes[(int)ends[6] + 20] ^= 1;
        await File.WriteAllBytesAsync(first, bytes, Cancelled);

        LogLines<GroupStore> logger = new();
        await using (var store = await OpenAsync(logger))
        {
            Jobs(store).ShouldBe(Enumerable.Range(0, Pushes).Where(i => i is < 7 or >= 10));
            store.Position.ShouldBe(Pushes);
            (store.Statistics.Cuts, store.Statistics.CutBytes).ShouldBe((1, ends[9] - ends[6]));
            var expected = string.Create(CultureInfo.InvariantCulture, $"{first} is damaged: its last {ends[9] - ends[6]} bytes, from byte {ends[6]} on, are passed over");
            logger.Lines.ShouldContain(l => l.StartsWith(expected, StringComparison.Ordinal));
            (await FollowedAsync(store, Pushes - 3)).ShouldBe([1, 2, 3, 4, 5, 6, 7, .. Enumerable.Range(11, 10)]);
            await PushAsync(store, 99);
            store.Position.ShouldBe(Pushes + 1);
        }

        (await File.ReadAllBytesAsync(first, Cancelled)).ShouldBe(bytes, "the file stays as it is");
    }

    [Fact]
    public async Task The_positions_of_a_damaged_file_are_not_given_again_where_nothing_is_behind_it()
    {
        await MakeAsync();
        var first = Directory.GetFiles(Data, "log-*").ShouldHaveSingleItem();
        var bytes = await File.ReadAllBytesAsync(first, Cancelled);
        bytes[^3] ^= 1;
        await File.WriteAllBytesAsync(first, bytes, Cancelled);
        await File.WriteAllBytesAsync(Path.Combine(Data, string.Create(CultureInfo.InvariantCulture, $"log-{Pushes + 1:D20}")), [], Cancelled);

        await using var store = await OpenAsync();
        store.Position.ShouldBe(Pushes);
        await PushAsync(store, 99);
        (await FollowedAsync(store, Pushes)).ShouldBe([.. Enumerable.Range(1, Pushes - 1), Pushes + 1]);
    }

    [Fact]
    public async Task A_damaged_snapshot_costs_the_groups_behind_the_damage_that_the_log_has_not()
    {
        await using (var store = await OpenAsync(segmentBytes: 1))
        {
            for (var i = 0; i < Pushes; i++)
            {
                await PushAsync(store, i);
                store.Release(store.Position);
            }
        }

        var snapshot = Directory.GetFiles(Data, "snapshot-*").ShouldHaveSingleItem();
        var position = long.Parse(Path.GetFileName(snapshot)["snapshot-".Length..], CultureInfo.InvariantCulture);
        position.ShouldBeGreaterThan(1);
        var bytes = await File.ReadAllBytesAsync(snapshot, Cancelled);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(snapshot, bytes, Cancelled);
        LogLines<GroupStore> logger = new();
        int[] left;
        await using (var store = await OpenAsync(logger))
        {
            store.Position.ShouldBe(Pushes);
            left = [.. Jobs(store)];
            left.Length.ShouldBeInRange(1, Pushes - 1);
            store.Statistics.Cuts.ShouldBe(1);
            store.Statistics.CutBytes.ShouldBeInRange(1, bytes.Length - 1);
            logger.Lines.ShouldContain(l => l.StartsWith($"{snapshot} is damaged: the groups in its last ", StringComparison.Ordinal));
            await PushAsync(store, 99);
        }

        await using (var store = await OpenAsync(segmentBytes: 1))
        {
            Jobs(store).ShouldBe([.. left, 99], "the good half is not lost by a second start");
            for (var i = 0; i < 3 * Pushes; i++)
            {
                await PushAsync(store, 98);
            }
        }

        await using (var store = await OpenAsync())
        {
            Jobs(store).ShouldBe([.. left, 98, 99]);
            store.Statistics.Cuts.ShouldBe(0, "a new snapshot has taken its place");
        }
    }

    /// <summary>Pushes so many groups, each of them one record of the log.</summary>
    /// <returns>Where each record ends, 0 before the first.</returns>
    private async Task<long[]> MakeAsync()
    {
        List<long> ends = [];
        await using var store = await OpenAsync();
        for (var i = 0; i < Pushes; i++)
        {
            await PushAsync(store, i);
            ends.Add(store.Statistics.LogBytes);
        }

        return [.. ends];
    }

    private async Task ExpectAsync(int groups, long cutBytes)
    {
        LogLines<GroupStore> logger = new();
        await using var store = await OpenAsync(logger);
        store.Summaries().Count.ShouldBe(groups);
        (store.Statistics.Cuts, store.Statistics.CutBytes).ShouldBe((cutBytes > 0 ? 1 : 0, cutBytes));
        logger.Lines.Count(l => l.Contains(string.Create(CultureInfo.InvariantCulture, $": the last {cutBytes} bytes, from byte "), StringComparison.Ordinal)).ShouldBe(cutBytes > 0 ? 1 : 0);
    }

    private static IEnumerable<int> Jobs(GroupStore store) => store.Summaries().Select(g => int.Parse(g.Labels["job"], CultureInfo.InvariantCulture)).Order();

    private static async Task<List<int>> FollowedAsync(GroupStore store, int count)
    {
        List<int> positions = [];
        await foreach (var record in store.FollowAsync(0, Cancelled))
        {
            positions.Add((int)record.Position);
            if (positions.Count == count)
            {
                break;
            }
        }

        return positions;
    }

    private static async Task PushAsync(GroupStore store, int job) =>
        (await store.PushAsync(
            new Push { Group = new GroupKey([new Label("job", job.ToString(CultureInfo.InvariantCulture))]), Replace = true, Text = Encoding.UTF8.GetBytes($"x {job}\n") },
            Cancelled)).ShouldBe(PushVerdict.Accepted);

    private Task<GroupStore> OpenAsync(ILogger<GroupStore>? logger = null, long segmentBytes = 32 << 20) =>
        GroupStore.OpenAsync(new GroupStoreOptions { Directory = Data, SegmentBytes = segmentBytes }, TimeProvider.System, logger ?? NullLogger<GroupStore>.Instance, Cancelled);
}
