using System.Text;
using Google.Protobuf;
using Stash.Core.Exposition;
using Stash.Core.Exposition.Protobuf;

namespace Stash.Core.Tests.Exposition;

public sealed class ProtobufReaderTests
{
    private static readonly LabelPairMessage Label = new() { Name = "l", Value = "ä\"\n" };

    [Fact]
    public void Every_type_comes_out_as_its_text()
    {
        var families = ProtobufReader.Parse(Bytes(
            new() { Name = "c", Help = "A \\ help.", Type = 0, Metric = { new MetricMessage { Label = { Label }, Counter = new() { Value = 1 } } } },
            new() { Name = "g", Type = 1, Metric = { new MetricMessage { Gauge = new() { Value = double.NaN } } } },
            new() { Name = "s", Type = 2, Metric = { new MetricMessage { Summary = new() { SampleCount = 2, SampleSum = 3, Quantile = { new QuantileMessage { Quantile = 0.5, Value = 1 } } } } } },
            new() { Name = "u", Type = 3, Metric = { new MetricMessage { Untyped = new() { Value = -1 } } } },
            new() { Name = "h", Type = 4, Metric = { new MetricMessage { Histogram = new() { SampleCount = 2, SampleSum = 3, Bucket = { new BucketMessage { UpperBound = 1, CumulativeCount = 1 } } } } } },
            new() { Name = "empty", Type = 1 }));
        var text = ProtobufReader.ToText(families);
        Encoding.UTF8.GetString(text.Span).ShouldBe(
            """
            # HELP c A \\ help.
            # TYPE c counter
            c{l="ä\"\n"} 1
            # TYPE g gauge
            g NaN
            # TYPE s summary
            s{quantile="0.5"} 1
            s_sum 3
            s_count 2
            # TYPE u untyped
            u -1
            # TYPE h histogram
            h_bucket{le="1"} 1
            h_bucket{le="+Inf"} 2
            h_sum 3
            h_count 2

            """);
        ProtobufReader.ToText(TextParser.Parse(text.Span)).ToArray().ShouldBe(text.ToArray(), "the log keeps the text");
    }

    [Fact]
    public void Of_two_families_of_a_name_the_last_counts() =>
        ProtobufReader.Parse(Bytes(Gauge("x", 1), Gauge("x", 2))).ShouldHaveSingleItem().Metrics.ShouldHaveSingleItem().Value.ShouldBe(2);

    [Fact]
    public void A_body_cut_anywhere_but_between_families_is_refused()
    {
        var first = Bytes(Gauge("first", 1)).Length;
        var body = Bytes(Gauge("first", 1), Gauge("second", 2)).ToArray();
        for (var length = 0; length < body.Length; length++)
        {
            if (length is 0 || length == first)
            {
                ProtobufReader.Parse(body.AsMemory(0, length)).Count.ShouldBe(length == 0 ? 0 : 1);
            }
            else
            {
                Should.Throw<ProtobufFormatException>(() => ProtobufReader.Parse(body.AsMemory(0, length)));
            }
        }
    }

    [Fact]
    public void What_could_not_be_exposed_is_refused_by_its_name()
    {
        Refused(Gauge("1x", 1)).ShouldBe("protobuf parsing error: invalid metric name \"1x\"");
        Refused(Gauge("x y\n", 1)).ShouldBe("protobuf parsing error: invalid metric name \"x y\\n\"");
        Refused(new MetricFamilyMessage { Name = "x", Type = 9 }).ShouldBe("protobuf parsing error: metric \"x\" has the unknown type 9");
        Refused(new MetricFamilyMessage { Name = "x", Type = 4, Metric = { new MetricMessage { Gauge = new() { Value = 1 } } } }).ShouldBe("protobuf parsing error: collected metric \"x\" is not a HISTOGRAM");
        Refused(new MetricFamilyMessage { Name = "x", Type = 1, Metric = { new MetricMessage { Label = { new LabelPairMessage { Name = "a-b", Value = "" } }, Gauge = new() } } })
            .ShouldBe("protobuf parsing error: invalid label name \"a-b\" for metric \"x\"");
        Refused(new MetricFamilyMessage { Name = "x", Type = 1, Metric = { new MetricMessage { Label = { Label, Label }, Gauge = new() } } })
            .ShouldBe("protobuf parsing error: duplicate label names for metric \"x\"");
    }

    private static string Refused(MetricFamilyMessage family) => Should.Throw<ProtobufFormatException>(() => ProtobufReader.Parse(Bytes(family))).Message;

    private static MetricFamilyMessage Gauge(string name, double value) => new() { Name = name, Type = 1, Metric = { new MetricMessage { Gauge = new() { Value = value } } } };

    private static ReadOnlyMemory<byte> Bytes(params MetricFamilyMessage[] families)
    {
        using MemoryStream stream = new();
        foreach (var family in families)
        {
            family.WriteDelimitedTo(stream);
        }

        return stream.ToArray();
    }
}
