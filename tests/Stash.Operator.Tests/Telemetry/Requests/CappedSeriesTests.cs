using Stash.Operator.Telemetry.Requests;

namespace Stash.Operator.Tests.Telemetry.Requests;

/// <summary>Families that do not grow beyond a number.</summary>
public sealed class CappedSeriesTests
{
    [Fact]
    public void What_comes_after_the_limit_gets_coarser_labels_step_by_step()
    {
        CappedSeries<int, string> series = new(k => $"series {k}", (3, k => k % 10), (5, _ => -1));
        series.Of(11).ShouldBe("series 11");
        series.Of(12).ShouldBe("series 12");
        series.Of(13).ShouldBe("series 13");
        series.Of(14).ShouldBe("series 4");
        series.Of(25).ShouldBe("series 5");
        series.Of(16).ShouldBe("series -1");
        series.Of(24).ShouldBe("series 4", "the coarser one that is there is used");
        series.Of(12).ShouldBe("series 12", "what was there stays as it is");
        series.Of(17).ShouldBeSameAs(series.Of(18));
        series.All.Select(s => s.Key).Order().ShouldBe([-1, 4, 5, 11, 12, 13]);
    }

    [Fact]
    public void Many_threads_make_no_more_than_one_does()
    {
        var made = 0;
        CappedSeries<int, object> series = new(_ =>
        {
            Interlocked.Increment(ref made);
            return new object();
        }, (100, k => k % 7));
        Parallel.For(0, 20_000, i => series.Of(i % 1000));
        made.ShouldBe(series.All.Count());
        made.ShouldBeInRange(100, 107);
    }

    [Fact]
    public void Without_steps_there_is_no_limit()
    {
        CappedSeries<int, string> series = new(k => $"series {k}");
        for (var i = 0; i < 1000; i++)
        {
            series.Of(i).ShouldBe($"series {i}");
        }
    }
}
