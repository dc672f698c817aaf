using System.Globalization;
using System.Text;
using CsCheck;
using Stash.Fuzzing;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Gateway;

/// <summary>
/// Pushes, additions, deletions and wipes at random, to ours and to the real gateway: the same verdict and the same exposed after each step.
/// A test tries a bounded number of sequences from a fixed seed; eng/fuzz as many as there is time for.
/// </summary>
public sealed class ReferencePropertyTests
{
    private static readonly string[] Paths =
    [
        "/metrics/job/a", "/metrics/job/b", "/metrics/job/a/l/1", "/metrics/job/b/instance/i", "/metrics/job/a/l/2/instance/i", "/metrics/job/b/zone/eu", "/metrics/job@base64/YQ/l@base64/=", "/metrics/job/a/path@base64/L3Zhci9saWI",
    ];

    private static readonly string[] Labels = ["", "", "l=\"1\"", "l=\"2\"", "job=\"b\"", "instance=\"i\"", "l=\"1\",zone=\"eu\"", "zone=\"eu\",l=\"1\"", "instance=\"i\",l=\"2\"", "l=\"\"", "__x=\"1\""];

    private static readonly string[] Values = ["1", "0", "-1.5", "1e21", "0.1", "NaN", "+Inf"];

    /// <summary>One family's text. Names are few, so that types and names clash.</summary>
    private static readonly Gen<string> Family = Gen.Select(
        Gen.Int[0, 6], Gen.Int[0, 11], Gen.Select(Gen.Int[0, Labels.Length - 1], Gen.Int[0, Values.Length - 1], Gen.Int[0, 60]).Array[1, 3], Gen.Int[0, 3],
        (name, type, samples, help) => Text(new[] { "x", "y", "x_count", "x_sum", "x_bucket", "h", "pushgateway_build_info" }[name], type, samples, help));

    private static readonly Gen<(int Kind, int Path, string Body)> Step =
        Gen.Select(Gen.Int[0, 24], Gen.Int[0, Paths.Length - 1], Family.Array[0, 3].Select(families => string.Concat(families.Distinct())));

    [Fact]
    public async Task Sequences()
    {
        await using var pair = await GatewayPair.StartAsync();
        var seconds = double.Parse(Environment.GetEnvironmentVariable("STASH_FUZZ_SECONDS") ?? "0", CultureInfo.InvariantCulture);
        var seed = Environment.GetEnvironmentVariable("STASH_FUZZ_SEQUENCE") ?? (seconds > 0 ? null : "0000000000001");
        var (taken, refused) = (0, 0);
        await Step.Array[1, 25].SampleAsync(
            async steps =>
            {
                await pair.SendAsync("PUT", "/api/v1/admin/wipe", []);
                foreach (var (kind, path, body) in steps)
                {
                    var (method, target, text) = kind switch
                    {
                        0 => ("PUT", "/api/v1/admin/wipe", ""),
                        < 4 => ("DELETE", Paths[path], ""),
                        _ when kind % 2 == 0 => ("PUT", Paths[path], body),
                        _ => ("POST", Paths[path], body),
                    };
                    var (ours, real) = await pair.SendAsync(method, target, Encoding.UTF8.GetBytes(text));
                    Fuzzer.Same(ours, real, $"the answer to {method} {target}\n{text}\n{pair.Said}\n");
                    var (exposed, reference) = await pair.ExposedAsync();
                    if (ours.StartsWith("202", StringComparison.Ordinal) && exposed != reference)
                    {
                        // The real one deletes after it has answered.
                        await Eventually.TrueAsync($"the same is exposed after {method} {target}", async () =>
                        {
                            (exposed, reference) = await pair.ExposedAsync();
                            return WithoutHelp(exposed) == WithoutHelp(reference);
                        });
                    }

                    Fuzzer.Same(WithoutHelp(exposed), WithoutHelp(reference), $"what is exposed after {method} {target}\n{text}\n");
                    _ = ours.StartsWith("200", StringComparison.Ordinal) ? taken++ : refused++;
                }
            },
            seed: seed,
            iter: seconds > 0 ? -1 : 40,
            time: seconds > 0 ? (int)Math.Ceiling(seconds) : -1,
            threads: 1);
        taken.ShouldBeGreaterThan(50);
        refused.ShouldBeGreaterThan(50);
    }

    /// <summary>Of several groups' texts for one family the real one exposes any.</summary>
    private static string WithoutHelp(string exposed) => string.Join('\n', exposed.Split('\n').Where(l => !l.StartsWith("# HELP", StringComparison.Ordinal)));

    private static string Text(string name, int type, (int Labels, int Value, int Odd)[] samples, int help)
    {
        StringBuilder text = new();
        if (help > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"# HELP {name} Text {help}.\n");
        }

        var kind = type switch { 0 or 1 => "counter", 2 or 3 => "histogram", 4 or 5 => "summary", 6 or 7 => "", 8 => "untyped", _ => "gauge" };
        if (kind.Length > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"# TYPE {name} {kind}\n");
        }

        foreach (var (labels, value, odd) in samples)
        {
            // Now and then a timestamp.
            var (set, number, end) = (Labels[labels], Values[value], odd == 0 ? " 1600000000000" : "");
            var more = set.Length == 0 ? "" : set + ",";
            text.Append((kind, odd % 4) switch
            {
                ("histogram", 1) => $"{name}_bucket{{{more}le=\"2\"}} 3{end}\n{name}_bucket{{{more}le=\"1\"}} 1{end}\n",
                ("histogram", 2) => $"{name}_sum{{{set}}} {number}{end}\n{name}_count{{{set}}} 7{end}\n",
                ("histogram", _) => $"{name}_bucket{{{more}le=\"1\"}} 1{end}\n{name}_bucket{{{more}le=\"+Inf\"}} 4{end}\n{name}_sum{{{set}}} {number}{end}\n{name}_count{{{set}}} 4{end}\n",
                ("summary", 1) => $"{name}_count{{{set}}} 3{end}\n",
                ("summary", _) => $"{name}{{{more}quantile=\"0.5\"}} {number}{end}\n{name}_sum{{{set}}} {number}{end}\n{name}_count{{{set}}} 3{end}\n",
                _ => $"{name}{{{set}}} {number}{end}\n",
            });
        }

        return text.ToString();
    }
}
