using System.Buffers;
using System.IO.Pipelines;
using Stash.Core.Exposition;

namespace Stash.Core.Gateway;

/// <summary>One family, its metrics in pieces.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Help">Null for none.</param>
/// <param name="Type">Its type.</param>
/// <param name="Read">Gives the pieces, each a family of the same name; can be called again.</param>
public sealed record FamilyPieces(string Name, string? Help, MetricType Type, Func<IEnumerable<MetricFamily>> Read)
{
    private const int FlushBytes = 1 << 16;

    /// <summary>Writes its lines from where they are kept as they are sent; null where they are not.</summary>
    internal Func<PipeWriter, CancellationToken, ValueTask>? WriteStored { get; init; }

    /// <summary>Writes those of its lines that are a part of it, from where they are kept as they are sent; null where they are not.</summary>
    internal Action<PipeWriter, OpenMetricsPart>? WriteStoredPart { get; init; }

    /// <summary>Gives what is enough to see how OpenMetrics tells it; null where that is all of it.</summary>
    internal Func<IEnumerable<MetricFamily>>? ReadSample { get; init; }

    /// <summary>How it is told in OpenMetrics.</summary>
    public IReadOnlyList<OpenMetricsFamily> Tell(OpenMetricsWriter writer) => writer.Tell(Name, Help, Type, ReadSample ?? Read);

    /// <summary>A family in one piece.</summary>
    public static FamilyPieces Of(MetricFamily family) => new(family.Name, family.Help, family.Type ?? MetricType.Untyped, () => [family]);

    /// <summary>The same, its lines made once: for what is sent again and again.</summary>
    public static FamilyPieces Stored(MetricFamily family)
    {
        var pieces = Of(family);
        ByteBuffer lines = new();
        foreach (var metric in family.Metrics)
        {
            TextFormatWriter.WriteMetric(lines, pieces.Name, pieces.Type, metric);
        }

        return pieces with
        {
            WriteStored = (output, _) =>
            {
                output.Write(lines.Written);
                return ValueTask.CompletedTask;
            },
        };
    }

    /// <summary>The same with all names in the form of a scheme.</summary>
    public FamilyPieces Escaped(EscapingScheme scheme) => scheme == EscapingScheme.AllowUtf8
        ? this
        : new FamilyPieces(NameEscaping.Escape(Name, scheme), Help, Type, () => Read().Select(p => NameEscaping.Escape(p, scheme)));

    /// <summary>Writes a part of its samples, without a header. May leave some unflushed.</summary>
    public async ValueTask WritePartAsync(PipeWriter output, OpenMetricsPart part, CancellationToken cancellationToken)
    {
        if (WriteStoredPart is not null)
        {
            WriteStoredPart(output, part);
            return;
        }

        foreach (var piece in Read())
        {
            OpenMetricsWriter.WriteSamples(output, piece, part);
            if (output.UnflushedBytes > FlushBytes)
            {
                await output.FlushAsync(cancellationToken);
            }
        }
    }

    /// <summary>Writes its samples in the text format, without a header. May leave some unflushed.</summary>
    public async ValueTask WriteLinesAsync(PipeWriter output, CancellationToken cancellationToken)
    {
        if (WriteStored is not null)
        {
            await WriteStored(output, cancellationToken);
            return;
        }

        foreach (var piece in Read())
        {
            foreach (var metric in piece.Metrics)
            {
                TextFormatWriter.WriteMetric(output, Name, Type, metric);
            }

            if (output.UnflushedBytes > FlushBytes)
            {
                await output.FlushAsync(cancellationToken);
            }
        }
    }
}
