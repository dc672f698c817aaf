using System.Globalization;
using System.Text;

namespace Stash.Core.Exposition;

/// <summary>A metric in the protobuf text form in which the reference's consistency errors show it.</summary>
internal static class ProtobufText
{
    public static string Of(Metric metric, MetricType type)
    {
        StringBuilder text = new();
        foreach (var label in metric.Labels)
        {
            text.Append("label:<name:").Append(Quote(label.Name)).Append(" value:").Append(Quote(label.Value)).Append(" > ");
        }

        switch (type)
        {
            case MetricType.Summary:
                Totals(text.Append("summary:<"), metric);
                foreach (var (bound, value) in metric.Parts ?? [])
                {
                    text.Append(CultureInfo.InvariantCulture, $"quantile:<quantile:{Number(bound)} value:{Number(value)} > ");
                }

                text.Append("> ");
                break;
            case MetricType.Histogram:
                Totals(text.Append("histogram:<"), metric);
                foreach (var (bound, value) in metric.Parts ?? [])
                {
                    text.Append(CultureInfo.InvariantCulture, $"bucket:<cumulative_count:{(ulong)value} upper_bound:{Number(bound)} > ");
                }

                text.Append("> ");
                break;
            default:
                text.Append(CultureInfo.InvariantCulture, $"{type.ToString().ToLowerInvariant()}:<value:{Number(metric.Value)} > ");
                break;
        }

        return text.ToString();
    }

    private static void Totals(StringBuilder text, Metric metric)
    {
        if (metric.Count is { } count)
        {
            text.Append(CultureInfo.InvariantCulture, $"sample_count:{count} ");
        }

        if (metric.Sum is { } sum)
        {
            text.Append(CultureInfo.InvariantCulture, $"sample_sum:{Number(sum)} ");
        }
    }

    internal static string Number(double value) => value switch
    {
        double.PositiveInfinity => "inf",
        double.NegativeInfinity => "-inf",
        double.NaN => "nan",
        _ => GoFloat.ToText(value),
    };

    internal static string Quote(string value)
    {
        StringBuilder quoted = new("\"");
        foreach (var b in Encoding.UTF8.GetBytes(value))
        {
            _ = b switch
            {
                (byte)'\n' => quoted.Append(@"\n"),
                (byte)'\r' => quoted.Append(@"\r"),
                (byte)'\t' => quoted.Append(@"\t"),
                (byte)'"' => quoted.Append("\\\""),
                (byte)'\\' => quoted.Append(@"\\"),
                >= 0x20 and < 0x7f => quoted.Append((char)b),
                _ => quoted.Append('\\').Append(Convert.ToString(b, 8).PadLeft(3, '0')),
            };
        }

        return quoted.Append('"').ToString();
    }
}
