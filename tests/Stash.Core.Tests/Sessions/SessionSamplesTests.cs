using System.Text;
using CsCheck;
using Stash.Core.Exposition;
using Stash.Core.Gateway;
using Stash.Core.Sessions;
using static Stash.Core.Tests.Sessions.Pushes;

namespace Stash.Core.Tests.Sessions;

/// <summary>The reader of session samples beside the parser of the format, which knows all of it.</summary>
public sealed class SessionSamplesTests
{
    private static readonly Gen<string> Name = OneOf(
        "restic_session_success", "restic_session_fail", "restic_session_duration_seconds", "restic_session_duration_seconds_total", "restic_session_end_time_seconds",
        "restic_session_files_new", "restic_session_added_bytes", "other", "x_restic_session_success");

    private static readonly Gen<string> Text = OneOf("", "|data", "a b", "quo\\\"te", "back\\\\slash", "new\\nline", "ümlaut", "}", "{", "a,b=\\\"c\\\"", "restic_session_success 1", "#");
    private static readonly Gen<string> Label = Gen.Select(OneOf("filegroup", "op", "job", "zone"), Text, OneOf("", " "), (n, v, s) => $"{s}{n}{s}={s}\"{v}\"{s}");
    private static readonly Gen<string> Labels = Gen.Select(Label.Array[0, 3], Gen.Bool, (l, comma) => l.Length == 0 ? "" : $"{{{string.Join(',', l.DistinctBy(x => x.Trim().Split('=')[0].Trim()))}{(comma ? "," : "")}}}");
    private static readonly Gen<string> Number = OneOf("1", "0", "12.5", "1e3", "-1", "+1", "NaN", "+Inf", "-Inf", "1e300", "1e-7", "3 1234");
    private static readonly Gen<string> Blank = OneOf("", "", "", " ", "\t");

    private static readonly Gen<string> Line = Gen.OneOf(
        Gen.Select(Blank, Name, Labels, Blank, Number, (b, n, l, c, v) => $"{b}{n}{l} {c}{v}{c}"),
        Gen.Select(Name, OneOf("gauge", "counter", "untyped", "histogram", "summary", "strange"), Blank, (n, t, b) => $"#{b} TYPE {n} {t}{b}"),
        Gen.Select(Name, Text, (n, t) => $"# HELP {n} {t}"),
        OneOf("", "# a remark", "# about restic_session_fail", "other{op=\"restic_session_fail\"} 1"));

    [Fact]
    public void It_reads_what_the_parser_reads() =>
        Line.Array[0, 8].Select(lines => string.Concat(lines.Select(l => $"{l}\n"))).Sample(
            text =>
            {
                var bytes = Encoding.UTF8.GetBytes(text);
                IReadOnlyList<MetricFamily> families;
                try
                {
                    families = TextParser.Parse(bytes);
                }
                catch (ExpositionFormatException)
                {
                    // Such a text does not come into the log.
                    return;
                }

                var expected = families
                    .Where(f => SessionMetrics.Families.Contains(f.Name) && f.Type is not (MetricType.Histogram or MetricType.Summary))
                    .SelectMany(f => f.Metrics.Select(m => (f.Name, Value(m, "filegroup"), Value(m, "op"), m.Value)));
                Read(bytes).Order().ShouldBe(expected.Order());
            },
            iter: 20_000);

    [Theory]
    [InlineData("restic_session_success 1\nrestic_session_fail 0\n", false)]
    [InlineData("# HELP restic_session_success Indicates if session was successfully completed\n# TYPE restic_session_success gauge\nrestic_session_success{filegroup=\"|a\",op=\"b\\\"\"} 1\n", false)]
    [InlineData(" restic_session_success 1\n", true)]
    [InlineData("# TYPE restic_session_success histogram\nrestic_session_success_count 1\n", true)]
    [InlineData("restic_session_success{ op=\"a\" } 1\n", true)]
    public void What_everybody_writes_needs_no_parser(string text, bool unusual)
    {
        SessionSamples samples = new(Encoding.UTF8.GetBytes(text));
        while (samples.MoveNext())
        {
        }

        samples.Unusual.ShouldBe(unusual);
    }

    [Fact]
    public void A_group_s_labels_stand_over_a_sample_s_own()
    {
        var push = Of(1, [.. Succeeded(), Sample(SessionMetrics.Duration, 2, new("filegroup", "|own"), new("op", "own")), Sample(SessionMetrics.FilesNew, 2, new Label("filegroup", "|own"))]);
        var session = SessionProjection.FromPush(push with { Grouping = [.. Pushes.Group, new("filegroup", "|group|s"), new("op", "group")] })!;
        session.FileGroups.ShouldBe([new("/group/s", "group", 2)]);
        session.Summaries.ShouldBe([new FileGroupSummary { Path = "/group/s", FilesNew = 2 }]);
    }

    private static Gen<string> OneOf(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(i => texts[i]);

    private static string Value(Metric metric, string label) => metric.Labels.FirstOrDefault(l => l.Name == label).Value ?? "";

    private static List<(string Name, string FileGroup, string Op, double Value)> Read(byte[] text)
    {
        SessionSamples samples = new(text);
        var read = Read(ref samples);
        if (samples.Unusual)
        {
            samples = new(SessionSamples.Canonical(text).Span);
            read = Read(ref samples);
            samples.Unusual.ShouldBeFalse("the canonical form is its own");
        }

        return read;
    }

    private static List<(string Name, string FileGroup, string Op, double Value)> Read(ref SessionSamples samples)
    {
        List<(string Name, string FileGroup, string Op, double Value)> read = [];
        while (samples.MoveNext())
        {
            var name = Encoding.UTF8.GetString(samples.Name);
            if (SessionMetrics.Families.Contains(name))
            {
                read.Add((name, Encoding.UTF8.GetString(samples.FileGroup), Encoding.UTF8.GetString(samples.Op), samples.Value));
            }
        }

        return read;
    }
}
