using System.Globalization;
using System.Text;
using CsCheck;
using Stash.Core.Gateway;
using static Stash.Core.Tests.Gateway.StoreUnderTest;

namespace Stash.Core.Tests.Gateway;

/// <summary>Pushes, replacements, deletions and wipes at random: the same verdicts and the same exposition as a check of everything gives.</summary>
public sealed class GroupStorePropertyTests
{
    private static readonly GroupKey[] Keys =
    [
        Key("job", "a"), Key("job", "b"), Key("job", "a", "l", "1"), Key("job", "a", "instance", ""), Key("job", "b", "instance", "i"), Key("job", "a", "l", "2", "instance", "i"),
    ];

    private static readonly Gen<NaiveSample> Sample = Gen.Select(
        Gen.Int[0, 4], Gen.Int[0, 6], Gen.Int[0, 30], Gen.Int[0, 29],
        (name, type, labels, value) => new NaiveSample(
            new[] { "x", "x", "y", "x_count", "x_bucket" }[name],
            type switch { 0 => "counter", 1 when name < 2 => "summary", 2 when name < 2 => "histogram", _ => "gauge" },
            labels == 30 ? "__l=\"1\"" : new[] { "", "l=\"1\"", "l=\"2\"", "job=\"a\"", "instance=\"i\",l=\"1\"" }[labels % 5],
            value,
            Stamped: value == 29));

    private static readonly Gen<(int Kind, int Key, NaiveSample[] Samples)> Operation = Gen.Select(Gen.Int[0, 20], Gen.Int[0, Keys.Length - 1], Sample.Array[0, 4]);

    [Fact]
    public async Task Any_sequence_is_judged_as_a_check_of_everything_judges_it()
    {
        var refused = 0;
        var accepted = 0;
        await Operation.Array[1, 40].SampleAsync(
            async operations =>
            {
                using TempFolder folder = new();
                await using var test = await OpenAsync(folder, segmentBytes: 2000);
                NaiveGateway naive = new();
                foreach (var (kind, key, samples) in operations)
                {
                    test.Time.Advance(TimeSpan.FromSeconds(1));
                    switch (kind)
                    {
                        case 0:
                            naive.Wipe();
                            await test.Store.WipeAsync(CancellationToken.None);
                            break;
                        case < 4:
                            naive.Delete(Keys[key]);
                            await test.DeleteAsync(Keys[key]);
                            break;
                        default:
                            // One type in one push: the text has one TYPE line for a family.
                            var one = samples.GroupBy(s => s.Family, StringComparer.Ordinal).SelectMany(f => f.Select(s => s with { Type = f.First().Type }).Where((s, i) => !Composed(s.Type) || i == 0)).ToArray();
                            if (one.Any(s => Composed(s.Type)))
                            {
                                // In one text they would be lines of it.
                                one = [.. one.Where(s => s.Family is not ("x_count" or "x_bucket"))];
                            }

                            var replace = kind % 2 == 0;
                            var expected = naive.Push(Keys[key], replace, one, test.Time.GetUtcNow().ToUnixTimeSeconds());
                            var text = Text(one);
                            var verdict = replace ? await test.PutAsync(Keys[key], text) : await test.PostAsync(Keys[key], text);
                            (verdict.Length == 0).ShouldBe(expected, $"{verdict} of {text}");
                            _ = expected ? accepted++ : refused++;
                            break;
                    }

                    (await LinesAsync(test)).ShouldBe(naive.Lines());
                }

                await test.ReopenAsync();
                (await LinesAsync(test)).ShouldBe(naive.Lines(), "after a restart");
            },
            iter: 150,
            threads: 1);
        refused.ShouldBeGreaterThan(100);
        accepted.ShouldBeGreaterThan(100);
    }

    private static bool Composed(string type) => type is "summary" or "histogram";

    private static string Text(IEnumerable<NaiveSample> samples)
    {
        StringBuilder text = new();
        foreach (var family in samples.GroupBy(s => s.Family, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"# TYPE {family.Key} {family.First().Type}\n");
            foreach (var sample in family)
            {
                var suffix = Composed(sample.Type) ? "_sum" : "";
                text.Append(CultureInfo.InvariantCulture, $"{sample.Family}{suffix}{{{sample.Labels}}} {sample.Value}{(sample.Stamped ? " 1600000000000" : "")}\n");
            }
        }

        return text.ToString();
    }

    private static async Task<string[]> LinesAsync(StoreUnderTest test)
    {
        // A histogram or summary has its value in _sum here; its count and bucket are 0 and not looked at.
        var text = await test.TextAsync();
        var composed = text.Contains("# TYPE x summary", StringComparison.Ordinal) || text.Contains("# TYPE x histogram", StringComparison.Ordinal);
        var bucket = text.Contains("# TYPE x histogram", StringComparison.Ordinal);
        return
        [
            .. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(l => l[0] != '#' && !(composed && l.StartsWith("x_count", StringComparison.Ordinal)) && !(bucket && l.StartsWith("x_bucket", StringComparison.Ordinal)))
                .Select(l => composed ? l.Replace("x_sum{", "x{", StringComparison.Ordinal) : l).Order(StringComparer.Ordinal),
        ];
    }
}
