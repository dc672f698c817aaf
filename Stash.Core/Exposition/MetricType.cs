namespace Stash.Core.Exposition;

/// <summary>Types of a metric family, as the text format names them.</summary>
public enum MetricType
{
    Untyped,
    Counter,
    Gauge,
    Histogram,
    Summary,
}
