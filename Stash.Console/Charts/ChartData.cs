namespace Stash.Console.Charts;

/// <summary>What a time chart draws; goes to the browser as JSON.</summary>
public sealed record ChartData
{
    /// <summary><c>bars</c> (stacked counts) or <c>lines</c> (seconds).</summary>
    public required string Kind { get; init; }

    /// <summary>Start of the shown range, Unix seconds.</summary>
    public required long From { get; init; }

    /// <summary>End of the shown range, Unix seconds.</summary>
    public required long To { get; init; }

    /// <summary>Width of a bucket, seconds.</summary>
    public required int Bucket { get; init; }

    /// <summary>Start of each bucket, Unix seconds, ascending.</summary>
    public required IReadOnlyList<long> Times { get; init; }

    public required IReadOnlyList<ChartLine> Series { get; init; }

    /// <summary>One sentence for those who do not see the chart.</summary>
    public required string Summary { get; init; }

    public bool IsEmpty => Series.Count == 0;
}

/// <param name="Name">For the legend.</param>
/// <param name="Color">Index into the palette; the same app has the same in every chart.</param>
/// <param name="Dash">0 solid, 1 dashed, 2 dotted.</param>
/// <param name="Values">One for each of <see cref="ChartData.Times"/>; null where the bucket has none.</param>
public sealed record ChartLine(string Name, int Color, int Dash, IReadOnlyList<double?> Values);
