using Stash.Core.Exposition;
using Stash.Core.Gateway;
using static Stash.Core.Tests.Gateway.StoreUnderTest;

namespace Stash.Core.Tests.Gateway;

public sealed class GroupStoreTests : IDisposable
{
    private static readonly GroupKey A = Key("job", "a");
    private static readonly GroupKey B = Key("job", "b");
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Exposes_a_push_with_the_labels_of_its_group_and_its_times()
    {
        await using var test = await OpenAsync(_folder);
        (await test.PutAsync(Key("job", "a", "zone", "eu"), "# HELP y A help.\n# TYPE y gauge\ny{zone=\"us\",b=\"1\"} 2\nx 1\n")).ShouldBeEmpty();
        (await test.TextAsync()).ShouldBe(
            """
            # HELP push_failure_time_seconds Last Unix time when changing this group in the Pushgateway failed.
            # TYPE push_failure_time_seconds gauge
            push_failure_time_seconds{instance="",job="a",zone="eu"} 0
            # HELP push_time_seconds Last Unix time when changing this group in the Pushgateway succeeded.
            # TYPE push_time_seconds gauge
            push_time_seconds{instance="",job="a",zone="eu"} 1000
            # TYPE x untyped
            x{instance="",job="a",zone="eu"} 1
            # HELP y A help.
            # TYPE y gauge
            y{b="1",instance="",job="a",zone="eu"} 2

            """);
    }

    [Fact]
    public async Task Put_replaces_the_group_and_post_the_pushed_families()
    {
        await using var test = await OpenAsync(_folder);
        await test.PutAsync(A, "x{l=\"1\"} 1\nx{l=\"2\"} 2\ny 3\n");
        (await test.PostAsync(A, "x{l=\"3\"} 4\n")).ShouldBeEmpty();
        (await test.SamplesAsync()).ShouldBe(["x{instance=\"\",job=\"a\",l=\"3\"} 4", "y{instance=\"\",job=\"a\"} 3"]);
        (await test.PutAsync(A, "z 5\n")).ShouldBeEmpty();
        (await test.SamplesAsync()).ShouldBe(["z{instance=\"\",job=\"a\"} 5"]);
    }

    [Fact]
    public async Task The_families_of_sessions_are_gauges_with_or_without_a_type()
    {
        await using var test = await OpenAsync(_folder);
        (await test.PutAsync(A, "restic_session_success 1\n")).ShouldBeEmpty();
        (await test.PutAsync(B, "# TYPE restic_session_success gauge\nrestic_session_success 0\n")).ShouldBeEmpty("a script's push must not have the runner's refused");
        (await test.PutAsync(Key("job", "c"), "# TYPE restic_session_success counter\nrestic_session_success 1\n"))
            .ShouldBe("gathered metric family restic_session_success has type COUNTER but should have GAUGE");
        await test.ReopenAsync();
        (await test.TextAsync()).ShouldContain("# TYPE restic_session_success gauge\n");
        (await test.SamplesAsync()).ShouldBe(["restic_session_success{instance=\"\",job=\"a\"} 1", "restic_session_success{instance=\"\",job=\"b\"} 0"]);
    }

    [Fact]
    public async Task A_group_is_deleted_and_all_are_wiped()
    {
        await using var test = await OpenAsync(_folder);
        await test.PutAsync(A, "x 1\n");
        await test.PutAsync(B, "x 2\n");
        (await test.DeleteAsync(A)).ShouldBeEmpty();
        (await test.DeleteAsync(A)).ShouldBeEmpty("there is none, as in the reference");
        (await test.SamplesAsync()).ShouldBe(["x{instance=\"\",job=\"b\"} 2"]);
        (await test.Store.WipeAsync(TestContext.Current.CancellationToken)).ShouldBe(PushVerdict.Accepted);
        (await test.TextAsync()).ShouldBeEmpty();
        (await test.PutAsync(A, "x 3\n")).ShouldBeEmpty("nothing of what was there may be in the way");
    }

    [Fact]
    public async Task Another_process_is_told_that_the_folder_is_in_use()
    {
        await using var test = await OpenAsync(_folder);
        var error = await Should.ThrowAsync<UserErrorException>(() => OpenAsync(_folder));
        error.Message.ShouldContain(_folder.In("gateway"));
        error.Message.ShouldContain("--data-dir");
    }

    [Fact]
    public async Task Its_folder_is_for_its_owner_alone()
    {
        await using var test = await OpenAsync(_folder);
        File.GetUnixFileMode(_folder.In("gateway")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [Fact]
    public async Task Groups_and_times_are_there_after_a_restart()
    {
        await using var test = await OpenAsync(_folder);
        await test.PutAsync(A, "x 1\n# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 3\nh_count 2\n");
        test.Time.Advance(TimeSpan.FromSeconds(0.25));
        await test.PostAsync(B, "y 2\n");
        await test.PutAsync(B, "x 1 5\n");
        await test.PutAsync(Key("job", "gone"), "x 1\n");
        await test.DeleteAsync(Key("job", "gone"));
        var before = await test.TextAsync();
        before.ShouldContain("push_failure_time_seconds{instance=\"\",job=\"b\"} 1000.25");
        var position = test.Store.Position;
        await test.ReopenAsync();
        (await test.TextAsync()).ShouldBe(before);
        test.Store.Position.ShouldBe(position);
    }

    [Fact]
    public async Task Summaries_tell_what_each_group_holds()
    {
        await using var test = await OpenAsync(_folder);
        await test.PutAsync(B, "x{l=\"1\"} 1\nx{l=\"2\"} 2\ny 1\n");
        await test.PutAsync(A, "x 1 5\n");
        var summaries = test.Store.Summaries();
        summaries.Select(s => (s.Labels["job"], s.Families, s.Samples)).ShouldBe([("a", 0, 0), ("b", 2, 3)]);
        summaries[0].LastPushTime.ShouldBeNull();
        summaries[0].LastFailureTime.ShouldBe(test.Time.GetUtcNow());
        summaries[1].LastPushTime.ShouldBe(test.Time.GetUtcNow());
        summaries[1].LastFailureTime.ShouldBeNull();
    }

    [Fact]
    public async Task Families_of_the_process_are_merged_in_order()
    {
        await using var test = await OpenAsync(_folder);
        await test.PutAsync(A, "# HELP pushgateway_build_info mine\n# TYPE pushgateway_build_info gauge\npushgateway_build_info 2\nz 1\n");
        MetricFamily own = new("pushgateway_build_info") { Help = "own", Type = MetricType.Gauge };
        own.Metrics.Add(new Metric { Labels = [new("version", "1")], Value = 1 });
        MetricFamily first = new("a_total") { Help = "first", Type = MetricType.Counter };
        first.Metrics.Add(new Metric { Value = 7 });
        (await test.TextAsync(own, first)).Split('\n').Where(l => !l.Contains("push_", StringComparison.Ordinal)).ShouldBe(
        [
            "# HELP a_total first", "# TYPE a_total counter", "a_total 7",
            "# HELP pushgateway_build_info own", "# TYPE pushgateway_build_info gauge",
            "pushgateway_build_info{version=\"1\"} 1", "pushgateway_build_info{instance=\"\",job=\"a\"} 2",
            "# TYPE z untyped", "z{instance=\"\",job=\"a\"} 1", "",
        ]);
    }
}
