using System.Globalization;
using Stash.Console.Charts;
using Stash.Core.Sessions;

namespace Stash.Console.Tests.Dashboard;

public sealed class ChartBuilderTests
{
    private static readonly DateTimeOffset From = DateTimeOffset.FromUnixTimeSeconds(1_800_000_030);

    [Fact]
    public void Counts_fill_every_bucket_of_the_range()
    {
        var data = ChartBuilder.Counts(Aggregates([Bucket(60, "web", 3, 1), Bucket(180, "web", 2, 0), Bucket(180, "db", 1, 1)]), SessionOutcome.Succeeded, Known("db", "web"));

        data.Times.ShouldBe([1_800_000_000, 1_800_000_060, 1_800_000_120, 1_800_000_180, 1_800_000_240, 1_800_000_300]);
        var line = data.Series.ShouldHaveSingleItem();
        line.Name.ShouldBe("shop - web");
        line.Color.ShouldBe(1);
        line.Values.ShouldBe([0, 2, 0, 2, 0, 0]);
        data.Summary.ShouldBe("4 sessions succeeded, of 1 app; most of shop - web (4).");
    }

    [Fact]
    public void No_failure_is_said_in_words()
    {
        var data = ChartBuilder.Counts(Aggregates([Bucket(60, "web", 3, 0)]), SessionOutcome.Failed, Known("web"));

        data.IsEmpty.ShouldBeTrue();
        data.Summary.ShouldBe("No session failed in this range.");
    }

    [Fact]
    public void Of_many_apps_the_largest_have_names_and_the_rest_are_one()
    {
        var buckets = Enumerable.Range(1, 20).Select(i => Bucket(60, string.Create(CultureInfo.InvariantCulture, $"app-{i:00}"), i, 0));

        var data = ChartBuilder.Counts(Aggregates([.. buckets]), SessionOutcome.Succeeded, Known());

        data.Series.Count.ShouldBe(ChartBuilder.MostLines + 1);
        data.Series[0].Name.ShouldBe("shop - app-09");
        data.Series[^1].Name.ShouldBe("8 others");
        data.Series[^1].Values[1].ShouldBe(Enumerable.Range(1, 8).Sum());
    }

    [Fact]
    public void What_is_no_backup_has_a_line_and_a_colour_of_its_own()
    {
        AppSummary[] known = [.. Known("db", "web"), Known("web")[0] with { Operation = "check" }];

        var data = ChartBuilder.Counts(Aggregates([Bucket(60, "web", 3, 0), Bucket(60, "web", 1, 0) with { Operation = "check" }]), SessionOutcome.Succeeded, known);

        data.Series.Select(l => (l.Name, l.Color, l.Values[1])).ShouldBe([("shop - web", 1, 3), ("shop - web (check)", 2, 1)]);
        data.Summary.ShouldBe("4 sessions succeeded, of 1 app; most of shop - web (3).");
    }

    [Theory]
    [InlineData(DurationStatistic.Median, 10)]
    [InlineData(DurationStatistic.P95, 20)]
    [InlineData(DurationStatistic.Longest, 30)]
    public void Durations_have_a_line_for_each_app_and_operation(DurationStatistic statistic, double expected)
    {
        var data = ChartBuilder.Durations(Aggregates([], [Operation(60, "web", "backup"), Operation(120, "web", "forget")]), statistic, Known("web"));

        data.Series.Select(l => (l.Name, l.Dash)).ShouldBe([("shop - web - backup", 0), ("shop - web - forget", 1)]);
        data.Series[0].Values.ShouldBe([null, expected, null, null, null, null]);
    }

    [Theory]
    [InlineData("", "web", "web")]
    [InlineData("shop", "", "shop")]
    [InlineData("", "", "(no name)")]
    public void A_missing_name_leaves_the_other(string @namespace, string app, string expected) => ChartBuilder.NameOf(@namespace, app).ShouldBe(expected);

    private static SessionAggregates Aggregates(IReadOnlyList<SessionBucket> buckets, IReadOnlyList<OperationBucket>? operations = null) => new()
    {
        From = From,
        To = From.AddMinutes(5),
        BucketSeconds = 60,
        Count = buckets.Sum(b => b.Count),
        Failures = buckets.Sum(b => b.Failures),
        Buckets = buckets,
        Operations = operations ?? [],
        Apps = [],
    };

    private static SessionBucket Bucket(int after, string app, int count, int failures) => new()
    {
        Start = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000 + after),
        Namespace = "shop",
        App = app,
        Count = count,
        Failures = failures,
        P50Seconds = 1,
        P95Seconds = 1,
        MaxSeconds = 1,
    };

    private static OperationBucket Operation(int after, string app, string op) => new()
    {
        Start = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000 + after),
        Namespace = "shop",
        App = app,
        Op = op,
        Count = 1,
        P50Seconds = 10,
        P95Seconds = 20,
        MaxSeconds = 30,
    };

    private static IReadOnlyList<AppSummary> Known(params string[] apps) =>
        [.. apps.Select(a => new AppSummary { Namespace = "shop", App = a, Count = 0, Failures = 0, LastSessionTime = From, LastOutcome = SessionOutcome.Succeeded, FailuresSinceSuccess = 0 })];
}
