using Microsoft.Extensions.Time.Testing;
using Stash.Core.Exposition;
using Stash.Operator.Gateway;

namespace Stash.Operator.Tests.Gateway;

/// <summary>The quantiles of the last ten minutes.</summary>
public sealed class SlidingSummaryTests
{
    private static readonly double[] Quantiles = [0.1, 0.5, 0.9];

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Nothing_observed_is_nothing_told() => new SlidingSummary(_time, 1, Quantiles).Read([]).ShouldBeNull();

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(123_456)]
    [InlineData(987_654_321_012)]
    public void Quantiles_are_true_to_one_in_a_hundred(long scale)
    {
        SlidingSummary summary = new(_time, 1, Quantiles);
        for (var i = 1; i <= 1000; i++)
        {
            summary.Observe(i * scale, _time.GetTimestamp());
        }

        var metric = summary.Read([new Label("a", "b")]).ShouldNotBeNull();
        (metric.Count, metric.Sum).ShouldBe((1000UL, 500500.0 * scale));
        foreach (var (quantile, value) in metric.Parts!)
        {
            var exact = Math.Min(quantile * 1000 * scale, 1L << 40);
            value.ShouldBe(exact, exact * 0.01);
        }
    }

    [Fact]
    public void A_unit_is_exact()
    {
        SlidingSummary summary = new(_time, 1e-9, Quantiles);
        summary.Observe(3_000_000_000, _time.GetTimestamp());
        summary.Read([])!.Sum.ShouldBe(3);
    }

    [Fact]
    public void What_is_older_than_ten_minutes_is_in_count_and_sum_alone()
    {
        SlidingSummary summary = new(_time, 1, Quantiles);
        summary.Observe(5, _time.GetTimestamp());
        _time.Advance(TimeSpan.FromMinutes(7));
        summary.Observe(9, _time.GetTimestamp());
        summary.Read([])!.Parts!.Select(p => p.Value).ShouldBe([5, 5, 9]);
        _time.Advance(TimeSpan.FromMinutes(5));
        summary.Read([])!.Parts!.Select(p => p.Value).ShouldBe([9, 9, 9]);
        _time.Advance(TimeSpan.FromMinutes(11));
        var metric = summary.Read([])!;
        metric.Parts!.ShouldAllBe(p => double.IsNaN(p.Value));
        (metric.Count, metric.Sum).ShouldBe((2UL, 14.0));
    }

    [Fact]
    public async Task Many_threads_lose_nothing()
    {
        SlidingSummary summary = new(_time, 1, Quantiles);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 10_000; i++)
            {
                summary.Observe(2, _time.GetTimestamp());
            }
        })));
        var metric = summary.Read([])!;
        (metric.Count, metric.Sum).ShouldBe((40_000UL, 80_000.0));
    }

    [Fact]
    public void What_is_read_twice_is_the_same_until_something_is_observed()
    {
        SlidingSummary summary = new(_time, 1, Quantiles);
        summary.Observe(7, _time.GetTimestamp());
        summary.Read([])!.Parts!.Select(p => p.Value).ShouldBe([7, 7, 7]);
        summary.Read([])!.Parts!.Select(p => p.Value).ShouldBe([7, 7, 7]);
        summary.Observe(3, _time.GetTimestamp());
        var metric = summary.Read([])!;
        metric.Parts!.Select(p => p.Value).ShouldBe([3, 3, 7]);
        (metric.Count, metric.Sum).ShouldBe((2UL, 10.0));
    }
}
