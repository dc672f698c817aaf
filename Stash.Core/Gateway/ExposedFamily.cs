using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Stash.Core.Exposition;

namespace Stash.Core.Gateway;

/// <summary>One family as it is exposed, in a view: the metrics of all groups.</summary>
internal sealed class ExposedFamily(FamilyEntry entry, OrderView<Series> series)
{
    /// <summary>The writer's; only for it.</summary>
    public FamilyEntry Entry { get; } = entry;

    public byte[] Name { get; } = entry.Name;

    public byte[] Help { get; } = entry.Help;

    public MetricType Type { get; } = entry.Type;

    public OrderView<Series> Series { get; } = series;
}

/// <summary>Writes families as text, by pieces: what is written is sent on before more is.</summary>
internal static class ExpositionText
{
    private const int Piece = 1 << 16;

    public static void WriteHeader(ByteBuffer output, ReadOnlySpan<byte> name, ReadOnlySpan<byte> help, MetricType type)
    {
        if (!help.IsEmpty)
        {
            output.Write("# HELP "u8);
            WriteName(output, name);
            output.Write((byte)' ');
            while (help.IndexOfAny((byte)'\\', (byte)'\n') is >= 0 and var at)
            {
                output.Write(help[..at]);
                output.Write(help[at] == '\n' ? "\\n"u8 : "\\\\"u8);
                help = help[(at + 1)..];
            }

            output.Write(help);
            output.Write((byte)'\n');
        }

        output.Write("# TYPE "u8);
        WriteName(output, name);
        output.Write(TextFormatWriter.TypeEnd(type));
    }

    /// <summary>In quotes where it is no plain one.</summary>
    private static void WriteName(ByteBuffer output, ReadOnlySpan<byte> name)
    {
        if (MetricNames.IsMetricName(name))
        {
            output.Write(name);
            return;
        }

        output.Write((byte)'"');
        LabelText.WriteValue(output, name);
        output.Write((byte)'"');
    }

    public static async ValueTask WriteAsync(PipeWriter output, ExposedFamily family, CancellationToken cancellationToken)
    {
        ByteBuffer header = new();
        WriteHeader(header, family.Name, family.Help, family.Type);
        output.Write(header.Written);
        await WriteLinesAsync(output, family, cancellationToken);
    }

    /// <summary>Writes a family without its header.</summary>
    public static async ValueTask WriteLinesAsync(PipeWriter output, ExposedFamily family, CancellationToken cancellationToken)
    {
        for (var next = 0; next < family.Series.Count;)
        {
            next = Fill(output, family, next);
            if (output.UnflushedBytes >= Piece)
            {
                await output.FlushAsync(cancellationToken);
            }
        }
    }

    /// <summary>Writes the groups' times of one kind.</summary>
    public static async ValueTask WriteTimesAsync(PipeWriter output, OrderView<GroupSlot> groups, bool failure, CancellationToken cancellationToken)
    {
        if (groups.Count == 0)
        {
            return;
        }

        ByteBuffer header = new();
        WriteHeader(
            header,
            Encoding.ASCII.GetBytes(failure ? GroupTimes.FailureTime : GroupTimes.PushTime),
            Encoding.ASCII.GetBytes(failure ? GroupTimes.FailureTimeHelp : GroupTimes.PushTimeHelp),
            MetricType.Gauge);
        output.Write(header.Written);
        await WriteTimesLinesAsync(output, groups, failure, cancellationToken);
    }

    /// <summary>The same without the header.</summary>
    public static async ValueTask WriteTimesLinesAsync(PipeWriter output, OrderView<GroupSlot> groups, bool failure, CancellationToken cancellationToken)
    {
        ByteBuffer lines = new(Piece + 4096);
        for (var i = 0; i < groups.Count; i++)
        {
            GroupTimes.WriteLine(lines, groups.Sort(GroupComparer.Instance)[i].Group, failure);
            if (lines.Length >= Piece || i == groups.Count - 1)
            {
                output.Write(lines.Written);
                lines.Truncate(0);
                await output.FlushAsync(cancellationToken);
            }
        }
    }

    /// <summary>Writes metrics from an index on, until there is something to send.</summary>
    /// <returns>The index to go on with.</returns>
    private static int Fill(PipeWriter output, ExposedFamily family, int next)
    {
        var series = family.Series.Sort(SeriesComparer.Instance);
        var target = output.GetSpan(Piece);
        var used = 0;
        while (next < series.Length)
        {
            var lines = series[next].Lines;
            if (lines.Length > target.Length - used)
            {
                break;
            }

            lines.CopyTo(target[used..]);
            used += lines.Length;
            next++;
        }

        output.Advance(used);
        if (used == 0)
        {
            // A metric larger than a piece.
            output.Write(series[next++].Lines);
        }

        return next;
    }
}
