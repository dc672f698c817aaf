using System.Buffers;
using System.Text;
using CsCheck;
using Stash.Core.Exposition;

namespace Stash.Core.Tests.Exposition;

/// <summary>Our parser and writer against the reference's, text by text.</summary>
public sealed class TextFormatTests(ReferenceParser reference) : IClassFixture<ReferenceParser>
{
    /// <summary>Each rule of the format and each way to break it.</summary>
    private static readonly string[] Texts =
    [
        "", "\n", "\n\n", "x 1\n", "x 1", " x 1\n", "\tx\t1\n", "x 1 \n", "x  1  \n", "x 1 5\n", "x 1 -5 \n", "x 1 5 6\n", "x 1 5.5\n", "x 1 99999999999999999999\n", "x\n", "x \n", "x", "1x 1\n", "-\n", "é 1\n",
        "x{} 1\n", "x{ } 1\n", "x {} 1\n", "x{}1\n", "x{a=\"1\"} 1\n", "x{a=\"1\",} 1\n", "x{a=\"1\" , b = \"2\" , } 1\n", "x{a=\"1\",,} 1\n", "x{,} 1\n", "x{a=\"1\"b=\"2\"} 1\n", "x{a} 1\n", "x{a=1} 1\n", "x{a=\"1} 1\n", "x{a=\"1\n",
        "x{a=\"1\"\n", "x{a=\"1\"", "x{", "x{a", "x{a=", "x{a=\"", "x{1a=\"1\"} 1\n", "x{a:b=\"1\"} 1\n", "x{__name__=\"y\"} 1\n", "x{__a=\"y\"} 1\n", "x{a=\"1\",a=\"2\"} 1\n", "x{a=\"\\\\\\\"\\n\"} 1\n", "x{a=\"\\t\"} 1\n", "x{a=\"\\", "x{a=\"ä€𝄞\"} 1\n",
        "x{a=\"tab\there\"} 1\n", "x{a=\"\"} 1\n", "x{a=\"b\"}1\n", "a:b:c 1\n", ":x 1\n", "_x 1\n", "x{a=\"1\"} \n", "x{a=\"1\"}\n", "x{a=\"1\"} one\n", "x one\n", "x 0x10\n", "x 1_000\n", "x 1e400\n", "x -1e400\n", "x 1e-400\n", "x 1e5\n", "x .5\n", "x 5.\n", "x .\n", "x e5\n", "x 1e\n", "x +1\n",
        "x nan\n", "x NaN\n", "x +nan\n", "x -NaN\n", "x inf\n", "x -Inf\n", "x +infinity\n", "x INF\n", "x infi\n", "x -0\n", "x 00012\n", "x 1.7976931348623157e308\n", "x 4.9e-324\n", "x 123456789012345678901234567890\n",
        "#\n", "# \n", "#comment\n", "# comment", "# HELP\n", "# HELP \n", "# HELP x\n", "# HELP x \n", "# HELP x text\nx 1\n", "# HELP x  two  spaces \nx 1\n", "# HELP x back\\\\slash \\n line\nx 1\n", "# HELP x bad \\t\nx 1\n", "# HELP x a\n# HELP x b\nx 1\n", "x 1\n# HELP x later\n", "# HELP 1x a\n", "# HELP x{a a\n", "# HELP x \\",
        "#HELP x text\nx 1\n", "# HELPX x text\nx 1\n", "# help x text\nx 1\n", "# TYPE x gauge\nx 1\n", "# TYPE x GAUGE\nx 1\n", "# TYPE x gauges\nx 1\n", "# TYPE x gauge \nx 1\n", "# TYPE x\nx 1\n", "# TYPE x \nx 1\n", "# TYPE x gauge\n# TYPE x gauge\nx 1\n", "x 1\n# TYPE x gauge\n", "# TYPE x untyped\nx 1\n", "# TYPE x counter\nx 1\n",
        "# TYPE x gaugehistogram\nx 1\n", "# TYPE x gauge\ty\nx 1\n", "# TYPE x gauge\n", "x 1\nx 2\n", "x 1\ny 2\nx 3\n", "# HELP y h\nx 1\n# TYPE y gauge\ny 1\n", "x 1\r\n", "# TYPE x gauge\r\nx 1\n",
        "# TYPE s summary\ns{quantile=\"0.5\"} 1\ns_sum 2\ns_count 3\n", "# TYPE s summary\ns{quantile=\"x\"} 1\n", "# TYPE s summary\ns{quantile=\"0.5\",a=\"1\"} 1\ns{a=\"1\",quantile=\"0.9\"} 2\ns_sum{a=\"1\"} 3\n", "# TYPE s summary\ns 1\n", "# TYPE s summary\ns_bucket 1\n", "# TYPE s summary\ns_count 1.5\n", "# TYPE s summary\ns_count -1\n",
        "# TYPE s summary\ns_count NaN\n", "# TYPE s summary\ns_count 1e30\n", "# TYPE s summary\ns{quantile=\"0.5\",quantile=\"0.9\"} 1\n", "# TYPE s summary\ns{le=\"1\"} 1\n", "s_count 1\n# TYPE s summary\ns_count 2\n", "# TYPE s summary\ns_count{quantile=\"0.5\"} 2\n", "# TYPE s summary\ns{quantile=\"NaN\"} 2\n",
        "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 3\nh_count 2\n", "# TYPE h histogram\nh_bucket{le=\"2\"} 1\nh_bucket{le=\"1\"} 1\nh_sum 3\nh_count 2\n", "# TYPE h histogram\nh_bucket 1\n", "# TYPE h histogram\nh 1\n", "# TYPE h histogram\nh_bucket{le=\"x\"} 1\n", "# TYPE h histogram\nh_bucket{le=\"1\"} 1.9\n", "# TYPE h histogram\nh_bucket{le=\"1\"} 1 7\n",
        "# TYPE h histogram\nh_bucket{a=\"2\",le=\"1\"} 1\nh_count{a=\"1\"} 4\nh_sum{a=\"2\"} 5\n", "# TYPE h histogram\nh{quantile=\"1\"} 1\n", "# TYPE h histogram\nh_count{a=\"1\",b=\"2\"} 1\nh_sum{b=\"2\",a=\"1\"} 2\n", "# TYPE h histogram\n_count 1\n", "# TYPE _sum histogram\n_sum 1\n", "_count 1\n", "# TYPE h histogram\n# HELP h_count text\nh_count 1\n",
        "# TYPE h gauge\nh_count 1\nh_bucket{le=\"1\"} 1\nh 2\n", "# TYPE h_count gauge\n# TYPE h histogram\nh_count 1\n", "# TYPE s summary\n# TYPE s_count gauge\ns 1\n",
        "x{a=\"1\"} 1 # comment\n", "x 1 \"\n", "x\"a\" 1\n", "x=1\n", "x{a=\"1\"}} 1\n", "x{{a=\"1\"}} 1\n", "{a=\"1\"} 1\n", "x{=\"1\"} 1\n", "\u00a0x 1\n", "x\u00a01\n", "x\v1\n", "x\f1\n",
    ];

    [Fact]
    public void Every_rule_and_every_error_is_the_references() => Compare([.. Texts.Select(Encoding.UTF8.GetBytes)]);

    [Fact]
    public void Invalid_utf8_is_taken_as_the_reference_takes_it() => Compare(
    [
        [.. "x{a=\""u8, 0xff, .. "\"} 1\n"u8], [.. "x"u8, 0xff, .. " 1\n"u8], [0xef, 0xbb, 0xbf, .. "x 1\n"u8], [.. "x{a=\"b\"} "u8, 0x80, (byte)'\n'], [.. "x{a=\""u8, 0xed, 0xa0, 0x80, .. "\"} 1\n"u8],
        [.. "# TYPE x "u8, 0xff, (byte)'\n'], [.. "x{a"u8, 0xc3, 0xa4, .. "=\"b\"} 1\n"u8], [.. "x{a=\"b\""u8, 0xc3, .. "} 1\n"u8], [0, (byte)'\n'], [.. "x 1"u8, 0, (byte)'\n'],
    ]);

    [Fact]
    public void Texts_at_random_are_taken_as_the_reference_takes_them()
    {
        // Pieces of the format put together anyhow, so that most texts are broken somewhere.
        string[] pieces =
        [
            "x", "y", "s", "h", "x_count", "h_bucket", "h_sum", "h_count", "s_count", "s_sum", "{", "}", "a=\"1\"", "b=\"2\"", "le=\"1\"", "le=\"+Inf\"", "quantile=\"0.5\"", ",", " ", "\t", "\n", "\n", "1", "2.5", "-3e7", "NaN", "\\", "\"",
            "# HELP h ", "# TYPE h histogram\n", "# TYPE s summary\n", "# TYPE x gauge\n", "# TYPE y counter\n", "# HELP x text\n", "#", "x 1\n", "y{a=\"1\"} 2\n", "h_bucket{le=\"1\"} 1\n", "h_count{a=\"1\"} 2\n", "s{quantile=\"0.5\"} 3\n",
        ];
        List<byte[]> texts = [];
        Gen.Int[0, pieces.Length - 1].Array[0, 14].Select(p => string.Concat(p.Select(i => pieces[i]))).Sample(t => texts.Add(Encoding.UTF8.GetBytes(t)), iter: 20_000, threads: 1);
        Compare(texts);
    }

    [Fact]
    public void Numbers_are_written_as_go_writes_them()
    {
        List<double> values = [0, -0.0, 1, -1, 0.1, 1e-5, 1e-4, 123456, 1234567, 999999, 1e6, 1e20, 1e21, 1e22, 5e-324, double.MaxValue, double.MinValue, double.Epsilon, double.NaN, double.PositiveInfinity, double.NegativeInfinity, 1.0 / 3];
        Gen.Double.Sample(values.Add, iter: 5000, threads: 1);
        Gen.Double[-1e7, 1e7].Sample(values.Add, iter: 5000, threads: 1);
        Gen.Int.Sample(i => values.Add(i), iter: 2000, threads: 1);
        Gen.Int[-400, 400].Sample(i => values.Add(Math.Pow(10, i)), iter: 1000, threads: 1);
        var answers = reference.Answers([.. values.Select(v => Encoding.ASCII.GetBytes($"x {v.ToString("R", System.Globalization.CultureInfo.InvariantCulture).Replace("Infinity", "Inf", StringComparison.Ordinal)}\n"))]);
        for (var i = 0; i < values.Count; i++)
        {
            Encoding.ASCII.GetString(answers[i]).ShouldBe($"# TYPE x untyped\nx {GoFloat.ToText(values[i])}\n");
            GoFloat.TryParse(Encoding.ASCII.GetBytes(GoFloat.ToText(values[i])), out var back).ShouldBeTrue();
            back.ShouldBe(values[i]);
        }
    }

    [Fact]
    public void What_is_written_reads_back_as_the_same()
    {
        var text = Gen.String[Gen.OneOf(Gen.Char["abc\\\"\n {}=,ä€\t\r"], Gen.Char.AlphaNumeric), 0, 12];
        var name = Gen.String[Gen.Char["abcdef_"], 1, 6];
        var labels = Gen.Select(name, text).Array[0, 4].Select(l => l.DistinctBy(p => p.Item1).Select(p => new Label(p.Item1, p.Item2)).ToList());
        var type = Gen.Enum<MetricType>();
        var part = Gen.Select(Gen.Double, Gen.Int[0, 1000]);
        var metric = Gen.Select(labels, Gen.Double, Gen.ULong[0, 1UL << 50], part.Array[0, 4]);
        Gen.Select(name, text, type, metric.Array[1, 4]).Sample((n, help, t, metrics) =>
        {
            MetricFamily family = new(n) { Help = help.TrimStart(' ', '\t') is { Length: > 0 } h ? h : null, Type = t };
            foreach (var (l, value, count, parts) in metrics)
            {
                Metric one = new() { Labels = l };
                if (t is MetricType.Histogram or MetricType.Summary)
                {
                    if (family.Metrics.Exists(m => m.Labels.OrderBy(x => x.Name, StringComparer.Ordinal).SequenceEqual(l.OrderBy(x => x.Name, StringComparer.Ordinal))) || l.Exists(x => x.Name is "le" or "quantile"))
                    {
                        continue;
                    }

                    (one.Count, one.Sum) = (count, value);
                    one.Parts = [.. parts.Select(p => (p.Item1, (double)p.Item2))];
                    if (t == MetricType.Histogram)
                    {
                        one.Parts.Add((double.PositiveInfinity, count));
                    }
                }
                else
                {
                    one.Value = value;
                }

                family.Metrics.Add(one);
            }

            var written = Write([family]);
            var read = TextParser.Parse(written);
            read.Count.ShouldBe(family.Metrics.Count > 0 ? 1 : 0);
            if (read.Count > 0)
            {
                (read[0].Name, read[0].Help, read[0].Type).ShouldBe((n, family.Help, t));
                Write(read).ShouldBe(written);
                read[0].Metrics.Select(m => m.Labels).ShouldBe(family.Metrics.Select(m => m.Labels));
                read[0].Metrics.Select(m => (m.Value, m.Count, m.Sum)).ShouldBe(family.Metrics.Select(m => (m.Value + 0.0, m.Count, m.Sum + 0.0)));
            }
        });
    }

    private void Compare(List<byte[]> texts)
    {
        var answers = reference.Answers(texts);
        for (var i = 0; i < texts.Count; i++)
        {
            string ours;
            try
            {
                ours = Encoding.UTF8.GetString(Write([.. TextParser.Parse(texts[i]).OrderBy(f => f.Name, StringComparer.Ordinal)]));
            }
            catch (ExpositionFormatException e)
            {
                ours = $"error: {e.Message}";
            }

            ours.ShouldBe(Encoding.UTF8.GetString(answers[i]), $"of {GoQuote.Text(texts[i])}");
        }
    }

    private static byte[] Write(IReadOnlyList<MetricFamily> families)
    {
        ArrayBufferWriter<byte> output = new();
        foreach (var family in families)
        {
            TextFormatWriter.WriteHeader(output, family.Name, family.Help ?? "", family.Type ?? MetricType.Untyped);
            foreach (var metric in family.Metrics)
            {
                TextFormatWriter.WriteMetric(output, family.Name, family.Type ?? MetricType.Untyped, metric);
            }
        }

        return output.WrittenSpan.ToArray();
    }
}
