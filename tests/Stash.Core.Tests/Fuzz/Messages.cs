using System.Text;
using Google.Protobuf;
using Stash.Core.Exposition.Protobuf;

namespace Stash.Core.Tests.Fuzz;

/// <summary>Bodies in the delimited protobuf format, to begin with.</summary>
internal static class Messages
{
    private static readonly LabelPairMessage Label = new() { Name = "l", Value = "ä\"\n\\" };

    private static readonly string[] Names = ["le", "quantile", "__name__", "__a", "job", "x", "h_count"];

    private static readonly byte[][] Values =
    [
        [0x80], [0xff, 0xff, 0xff, 0xff, 0x0f], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], [0, 0, 0, 0, 0, 0, 0xf0, 0x3f], [0, 0, 0, 0, 0, 0, 0xf8, 0x7f], [0x0a, 0x01, (byte)'x'], [0x18, 0x04], [0x18, 0x02],
    ];

    public static IEnumerable<byte[]> Corpus =>
    [
        Bytes(
            new() { Name = "c", Help = "A \\ help.", Type = 0, Metric = { new MetricMessage { Label = { Label }, Counter = new() { Value = 1 } } } },
            new() { Name = "g", Type = 1, Metric = { new MetricMessage { Gauge = new() { Value = double.NaN } }, new MetricMessage { Label = { Label }, Gauge = new() { Value = -0.0 }, TimestampMs = 5 } } }),
        Bytes(new MetricFamilyMessage { Name = "s", Type = 2, Metric = { new MetricMessage { Summary = new() { SampleCount = 2, SampleSum = 3, Quantile = { new QuantileMessage { Quantile = 0.5, Value = 1 } } } } } }),
        Bytes(new MetricFamilyMessage { Name = "u", Type = 3, Metric = { new MetricMessage { Untyped = new() { Value = -1 } } } }),
        Bytes(new MetricFamilyMessage
        {
            Name = "h",
            Type = 4,
            Metric = { new MetricMessage { Label = { Label }, Histogram = new() { SampleCount = 2, SampleSum = 3, Bucket = { new BucketMessage { UpperBound = 1, CumulativeCount = 1 }, new BucketMessage { UpperBound = double.PositiveInfinity, CumulativeCount = 2 } } } } },
        }),
        Bytes(new() { Name = "empty", Type = 1 }, new() { Name = "x", Type = 1, Metric = { new MetricMessage { Gauge = new() { Value = 1 } } } }, new() { Name = "x", Type = 1, Metric = { new MetricMessage { Gauge = new() { Value = 2 } } } }),
        [],
    ];

    /// <summary>Tags of fields, lengths and names.</summary>
    public static IEnumerable<byte[]> Words => [.. Tags(), .. Values, .. Names.Select(Encoding.UTF8.GetBytes)];

    private static byte[] Bytes(params MetricFamilyMessage[] families)
    {
        using MemoryStream stream = new();
        foreach (var family in families)
        {
            family.WriteDelimitedTo(stream);
        }

        return stream.ToArray();
    }

    private static IEnumerable<byte[]> Tags()
    {
        for (var number = 1; number <= 8; number++)
        {
            for (var wire = 0; wire <= 7; wire++)
            {
                yield return [(byte)((number << 3) | wire)];
            }
        }
    }
}
