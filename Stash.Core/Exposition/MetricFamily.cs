namespace Stash.Core.Exposition;

/// <summary>A metric family: one name and type, any number of metrics.</summary>
public sealed class MetricFamily(string name)
{
    public string Name { get; } = name;

    /// <summary>Null where none was given.</summary>
    public string? Help { get; set; }

    /// <summary>Null until a TYPE line or a sample has fixed it.</summary>
    public MetricType? Type { get; set; }

    public List<Metric> Metrics { get; } = [];
}

/// <summary>One metric of a family: a label set and its value, or for a histogram or summary its parts.</summary>
public sealed class Metric
{
    /// <summary>Without <c>le</c> and <c>quantile</c>, which are in <see cref="Parts"/>.</summary>
    public List<Label> Labels { get; set; } = [];

    /// <summary>Of a counter, gauge or untyped metric.</summary>
    public double Value { get; set; }

    /// <summary>Milliseconds since the Unix epoch; null where none was given.</summary>
    public long? Timestamp { get; set; }

    /// <summary>Of a histogram or summary: <c>_count</c>; null where none was given, which is exposed as 0.</summary>
    public ulong? Count { get; set; }

    /// <summary>Of a histogram or summary: <c>_sum</c>; null where none was given, which is exposed as 0.</summary>
    public double? Sum { get; set; }

    /// <summary>Buckets (upper bound, cumulative count) or quantiles (quantile, value), as they came.</summary>
    public List<(double Bound, double Value)>? Parts { get; set; }
}
