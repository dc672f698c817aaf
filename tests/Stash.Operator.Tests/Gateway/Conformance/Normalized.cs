using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Google.Protobuf;
using Stash.Core.Exposition.Protobuf;

namespace Stash.Operator.Tests.Gateway.Conformance;

/// <summary>Answers of a gateway without what differs by nature: times, its own metrics, and what is chance in the reference.</summary>
internal static partial class Normalized
{
    public static string Answer(RawAnswer answer) => Collision().Replace(Value().Replace(answer.Essence, "value:N > }"), "of two that collide");

    /// <summary>The text format.</summary>
    public static string Text(RawAnswer answer)
    {
        StringBuilder text = new();
        foreach (var line in answer.Body.Split('\n'))
        {
            var name = line.Split(' ', '{') is ["#", _, var family, ..] ? family : line.Split(' ', '{')[0];
            if (IsOwn(name) || IsOneOfTwoHelps(line))
            {
                continue;
            }

            var value = line.LastIndexOf(' ');
            text.AppendLine(name.StartsWith("push_", StringComparison.Ordinal) && line[0] != '#' ? $"{line[..value]} {(line[value..] == " 0" ? "never" : "once")}" : line);
        }

        return text.ToString();
    }

    /// <summary>Delimited protobuf, read and written as JSON.</summary>
    public static string Delimited(byte[] body)
    {
        StringBuilder text = new();
        CodedInputStream input = new(body);
        while (!input.IsAtEnd)
        {
            MetricFamilyMessage family = new();
            input.ReadMessage(family);
            if (IsOwn(family.Name))
            {
                continue;
            }

            foreach (var metric in family.Metric)
            {
                if (family.Name.StartsWith("push_", StringComparison.Ordinal) && metric.Gauge is { Value: > 0 } gauge)
                {
                    gauge.Value = 1;
                }

                Complete(metric);
            }

            if (IsOneOfTwoHelps(family.Help))
            {
                family.ClearHelp();
            }

            text.AppendLine(family.ToString());
        }

        return text.ToString();
    }

    /// <summary>Protobuf's text form, a family a line.</summary>
    public static string CompactText(RawAnswer answer)
    {
        StringBuilder text = new();
        foreach (var line in answer.Body.Split('\n').Where(l => l.Length > 0))
        {
            var name = line.Split('"')[1];
            var sure = name == "t" ? EitherHelp().Replace(line, "") : line;
            if (!IsOwn(name))
            {
                text.AppendLine(Infinite().Replace(NoTotals().Replace(name.StartsWith("push_", StringComparison.Ordinal) ? Time().Replace(sure, "gauge:<once>") : sure, ""), ""));
            }
        }

        return text.ToString();
    }

    /// <summary>The JSON API, the groups in one order.</summary>
    public static string Json(string body)
    {
        var answer = JsonNode.Parse(body)!;
        answer["status"]!.GetValue<string>().ShouldBe("success");
        List<string> groups = [];
        foreach (var group in answer["data"]!.AsArray().Select(g => g!.AsObject()))
        {
            foreach (var (name, family) in group)
            {
                if (family is not JsonObject parts || !parts.ContainsKey("time_stamp"))
                {
                    continue;
                }

                parts["time_stamp"]!.GetValue<string>().ShouldMatch(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$");
                parts["time_stamp"] = "T";
                foreach (var metric in parts["metrics"]!.AsArray().Select(m => m!.AsObject()))
                {
                    if (name.StartsWith("push_", StringComparison.Ordinal) && metric["value"]!.GetValue<string>() != "0")
                    {
                        metric["value"] = "once";
                    }

                    if (metric["buckets"] is JsonObject buckets)
                    {
                        buckets.Remove("+Inf");
                    }
                }
            }

            groups.Add(group.ToJsonString(new JsonSerializerOptions { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
        }

        groups.Sort(StringComparer.Ordinal);
        return string.Join('\n', groups);
    }

    /// <summary>Whether a gateway exposes a family of itself, with values of its own.</summary>
    public static bool IsOwn(string family) => Own().IsMatch(family);

    /// <summary>Which help wins where groups differ is chance in the reference.</summary>
    private static bool IsOneOfTwoHelps(string text) => text.EndsWith("A help.", StringComparison.Ordinal) || text.EndsWith("Another.", StringComparison.Ordinal);

    /// <summary>Ours keeps a histogram with its last bucket, and counts and sums that were not pushed as the zeros that both expose.</summary>
    private static void Complete(MetricMessage metric)
    {
        if (metric.Histogram is { } histogram)
        {
            histogram.SampleCount = histogram.SampleCount;
            histogram.SampleSum = histogram.SampleSum;
            if (histogram.Bucket is [.., { UpperBound: double.PositiveInfinity } last])
            {
                histogram.Bucket.Remove(last);
            }
        }

        if (metric.Summary is { } summary)
        {
            summary.SampleCount = summary.SampleCount;
            summary.SampleSum = summary.SampleSum;
        }
    }

    [GeneratedRegex("^(go_|process_|promhttp_|pushgateway_http_|pushgateway_build_info|stash_)", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Own();

    /// <summary>Which metric of two is named, and so its value, is chance in the reference.</summary>
    [GeneratedRegex("value:[0-9.e+]+ > }", RegexOptions.NonBacktracking)]
    private static partial Regex Value();

    [GeneratedRegex("collected metric .* is not a [A-Z]+|collected [a-z ]+ named .* collides with previously collected [a-z ]+ named .*", RegexOptions.NonBacktracking)]
    private static partial Regex Collision();

    [GeneratedRegex("gauge:<value:[1-9][0-9.e+]* >", RegexOptions.NonBacktracking)]
    private static partial Regex Time();

    [GeneratedRegex("help:\"A(nother| help)\\.\" ", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex EitherHelp();

    [GeneratedRegex("bucket:<cumulative_count:[0-9]+ upper_bound:inf > ", RegexOptions.NonBacktracking)]
    private static partial Regex Infinite();

    [GeneratedRegex("sample_count:0 |sample_sum:0 ", RegexOptions.NonBacktracking)]
    private static partial Regex NoTotals();
}
