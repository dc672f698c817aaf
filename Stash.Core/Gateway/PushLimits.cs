namespace Stash.Core.Gateway;

/// <summary>How much one push, and all pushes together, may bring. What exceeds it is refused and changes nothing.</summary>
public sealed record PushLimits
{
    /// <summary>Groups at once. A push to a group that is there already is never refused by it.</summary>
    public int MaxGroups { get; init; } = 250_000;

    /// <summary>Samples of one push, as they are exposed: a histogram's buckets count one each.</summary>
    public int MaxSeriesPerPush { get; init; } = 100_000;

    /// <summary>Labels of one sample, its group's among them.</summary>
    public int MaxLabelsPerSeries { get; init; } = 128;

    /// <summary>Bytes of a label's name in UTF-8, and of a metric's name.</summary>
    public int MaxLabelNameBytes { get; init; } = 1024;

    /// <summary>Bytes of a label's value in UTF-8.</summary>
    public int MaxLabelValueBytes { get; init; } = 16_384;
}
