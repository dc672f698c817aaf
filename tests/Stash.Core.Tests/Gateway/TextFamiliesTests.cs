using System.IO.Pipelines;
using System.Text;
using Stash.Core.Exposition;
using Stash.Core.Gateway;

namespace Stash.Core.Tests.Gateway;

public sealed class TextFamiliesTests
{
    // As prometheus-net writes it: sums first, bounds last, numbers in .NET's form.
    private const string Text = """
        # HELP a_total Of A.
        # TYPE a_total counter
        a_total{x="le=\"5000000\""} 12000000
        a_total{x=""} 0
        # HELP empty Nothing yet.
        # TYPE empty gauge
        # HELP b Backslash \ and "quotes".
        # TYPE b histogram
        b_sum{c="1",role="1000000"} 3
        b_count{c="1",role="1000000"} 2
        b_bucket{c="1",role="1000000",le="125000"} 1
        b_bucket{c="1",role="1000000",le="1000000"} 2
        b_bucket{c="1",role="1000000",le="+Inf"} 2
        b_sum{c="2",role="1000000"} 4
        b_count{c="2",role="1000000"} 1
        b_bucket{c="2",role="1000000",le="125000"} 0
        b_bucket{c="2",role="1000000",le="1000000"} 1
        b_bucket{c="2",role="1000000",le="+Inf"} 1
        # HELP d Of D.
        # TYPE d histogram
        d_sum 0.5
        d_count 1
        d_bucket{le="0.25"} 0
        d_bucket{le="+Inf"} 1

        """;

    private static readonly List<FamilyPieces> All = [.. TextFamilies.Split(Encoding.UTF8.GetBytes(Text))];

    [Fact]
    public void Families_without_samples_are_left_out() =>
        All.Select(f => (f.Name, f.Help, f.Type)).ShouldBe([("a_total", "Of A.", MetricType.Counter), ("b", "Backslash \\ and \"quotes\".", MetricType.Histogram), ("d", "Of D.", MetricType.Histogram)]);

    [Fact]
    public void There_may_be_none() => TextFamilies.Split(Array.Empty<byte>()).ShouldBeEmpty();

    [Fact]
    public async Task Lines_are_copied_but_for_bounds_which_are_written_as_Go_does()
    {
        (await WrittenAsync(f => f.WriteLinesAsync, "a_total")).ShouldBe("a_total{x=\"le=\\\"5000000\\\"\"} 12000000\na_total{x=\"\"} 0\n");
        var lines = (await WrittenAsync(f => f.WriteLinesAsync, "b")).Split('\n');
        lines[3].ShouldBe("""b_bucket{c="1",role="1000000",le="1e+06"} 2""");
        lines.Where((_, i) => i is not (3 or 8)).ShouldBe(Text.Split('\n')[8..18].Where((_, i) => i is not (3 or 8)).Append(""));
        (await WrittenAsync(f => f.WriteLinesAsync, "d")).ShouldBe("d_sum 0.5\nd_count 1\nd_bucket{le=\"0.25\"} 0\nd_bucket{le=\"+Inf\"} 1\n");
    }

    [Fact]
    public async Task OpenMetrics_tells_whole_bounds_in_parts_and_keeps_the_rest_as_it_is()
    {
        OpenMetricsWriter writer = new(All.Select(f => f.Name).ToHashSet(StringComparer.Ordinal));
        Named("a_total").Tell(writer).ShouldBe([new OpenMetricsFamily("a", "Of A.", "counter", OpenMetricsPart.All)]);
        Named("d").Tell(writer).ShouldBe([new OpenMetricsFamily("d", "Of D.", "histogram", OpenMetricsPart.All)]);
        Named("b").Tell(writer).Select(t => (t.Name, t.Type, t.Part)).ShouldBe(
            [("b_bucket", "unknown", OpenMetricsPart.Bounds), ("b_count", "unknown", OpenMetricsPart.Count), ("b_sum", "unknown", OpenMetricsPart.Sum)]);

        (await WrittenAsync(f => (o, c) => f.WritePartAsync(o, OpenMetricsPart.Sum, c), "b")).ShouldBe("b_sum{c=\"1\",role=\"1000000\"} 3\nb_sum{c=\"2\",role=\"1000000\"} 4\n");
        (await WrittenAsync(f => (o, c) => f.WritePartAsync(o, OpenMetricsPart.Count, c), "b")).ShouldBe("b_count{c=\"1\",role=\"1000000\"} 2\nb_count{c=\"2\",role=\"1000000\"} 1\n");
        var bounds = (await WrittenAsync(f => (o, c) => f.WritePartAsync(o, OpenMetricsPart.Bounds, c), "b")).Split('\n');
        bounds.Length.ShouldBe(7);
        bounds[1].ShouldBe("""b_bucket{c="1",role="1000000",le="1e+06"} 2""");
    }

    [Fact]
    public void What_is_parsed_is_what_the_lines_say()
    {
        var whole = Named("b").Read().ShouldHaveSingleItem();
        whole.Metrics.Select(m => (m.Sum, m.Count)).ShouldBe([(3, 2UL), (4, 1UL)]);
        whole.Metrics[1].Parts.ShouldBe([(125000, 0), (1e6, 1), (double.PositiveInfinity, 1)]);
    }

    private static FamilyPieces Named(string name) => All.Single(f => f.Name == name);

    private static async Task<string> WrittenAsync(Func<FamilyPieces, Func<PipeWriter, CancellationToken, ValueTask>> write, string family)
    {
        using MemoryStream written = new();
        var output = PipeWriter.Create(written, new StreamPipeWriterOptions(leaveOpen: true));
        await write(Named(family))(output, TestContext.Current.CancellationToken);
        await output.CompleteAsync();
        return Encoding.UTF8.GetString(written.ToArray());
    }
}
