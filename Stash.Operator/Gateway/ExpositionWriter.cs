using System.IO.Pipelines;
using Stash.Core.Exposition;
using Stash.Core.Exposition.Protobuf;
using Stash.Core.Gateway;

namespace Stash.Operator.Gateway;

/// <summary>Writes families in one of the forms, a piece at a time: memory does not grow with the size of the answer.</summary>
internal static class ExpositionWriter
{
    private const int FlushBytes = 1 << 16;

    /// <summary>Writes all families, and flushes.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="kind">The form.</param>
    /// <param name="families">The families, sorted.</param>
    /// <param name="names">Their names.</param>
    /// <param name="cancellationToken">Stops.</param>
    public static async Task WriteAsync(PipeWriter output, ExpositionKind kind, IEnumerable<FamilyPieces> families, IReadOnlySet<string> names, CancellationToken cancellationToken)
    {
        OpenMetricsWriter openMetrics = new(names);
        ProtobufTextWriter text = new(kind == ExpositionKind.ProtobufCompact);
        foreach (var family in families)
        {
            await (kind switch
            {
                ExpositionKind.OpenMetrics => WriteOpenMetricsAsync(output, openMetrics, family, cancellationToken),
                ExpositionKind.ProtobufDelimited => WriteProtobufAsync(output, family, cancellationToken),
                ExpositionKind.ProtobufText or ExpositionKind.ProtobufCompact => WriteProtobufTextAsync(output, text, family, cancellationToken),
                _ => WriteTextAsync(output, family, cancellationToken),
            });
            await FlushLargeAsync(output, cancellationToken);
        }

        if (kind == ExpositionKind.OpenMetrics)
        {
            OpenMetricsWriter.WriteEnd(output);
        }

        await output.FlushAsync(cancellationToken);
    }

    private static ValueTask WriteTextAsync(PipeWriter output, FamilyPieces family, CancellationToken cancellationToken)
    {
        TextFormatWriter.WriteHeader(output, family.Name, family.Help ?? "", family.Type);
        return family.WriteLinesAsync(output, cancellationToken);
    }

    private static async ValueTask WriteOpenMetricsAsync(PipeWriter output, OpenMetricsWriter writer, FamilyPieces family, CancellationToken cancellationToken)
    {
        foreach (var told in family.Tell(writer))
        {
            OpenMetricsWriter.WriteHeader(output, told);
            if (told.Part == OpenMetricsPart.All)
            {
                // Its lines are the same in both formats.
                await family.WriteLinesAsync(output, cancellationToken);
                continue;
            }

            await family.WritePartAsync(output, told.Part, cancellationToken);
        }
    }

    private static async ValueTask WriteProtobufAsync(PipeWriter output, FamilyPieces family, CancellationToken cancellationToken)
    {
        ProtobufWriter.WriteHeader(output, family.Name, family.Help, family.Type, family.Read().Sum(ProtobufWriter.LengthOf));
        foreach (var piece in family.Read())
        {
            ProtobufWriter.WriteMetrics(output, piece);
            await FlushLargeAsync(output, cancellationToken);
        }
    }

    private static async ValueTask WriteProtobufTextAsync(PipeWriter output, ProtobufTextWriter writer, FamilyPieces family, CancellationToken cancellationToken)
    {
        writer.WriteHeader(output, family.Name, family.Help, family.Type);
        foreach (var piece in family.Read())
        {
            writer.WriteMetrics(output, piece);
            await FlushLargeAsync(output, cancellationToken);
        }

        ProtobufTextWriter.WriteEnd(output);
    }

    private static async ValueTask FlushLargeAsync(PipeWriter output, CancellationToken cancellationToken)
    {
        if (output.UnflushedBytes > FlushBytes)
        {
            await output.FlushAsync(cancellationToken);
        }
    }
}
