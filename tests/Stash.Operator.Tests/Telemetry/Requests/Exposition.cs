using System.Text;
using Stash.Core.Exposition;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Telemetry.Requests;

/// <summary>What an operator's <c>/metrics</c> said at one moment.</summary>
internal sealed class Exposition
{
    private readonly Dictionary<string, MetricFamily> _families;

    private Exposition(string text)
    {
        Text = text;
        _families = TextParser.Parse(Encoding.UTF8.GetBytes(text)).ToDictionary(f => f.Name, StringComparer.Ordinal);
    }

    public string Text { get; }

    /// <summary>Lines that are samples.</summary>
    public int Series => Text.Split('\n').Count(l => l.Length > 0 && l[0] != '#');

    public static Exposition Of(string text) => new(text);

    public static async Task<Exposition> OfAsync(OperatorProcess @operator) => new(await @operator.Api.GetStringAsync("/metrics", TestContext.Current.CancellationToken));

    /// <summary>Asks until it says it; answers and what is counted of them are not one step.</summary>
    public static Task<Exposition> OfAsync(OperatorProcess @operator, string what, Func<Exposition, bool> says) =>
        Eventually.GetAsync(what, async () =>
        {
            using var answer = await @operator.Api.GetAsync("/metrics", TestContext.Current.CancellationToken);
            return answer.IsSuccessStatusCode && new Exposition(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)) is var it && says(it) ? it : null;
        });

    public IReadOnlyList<Metric> Metrics(string family) => _families.TryGetValue(family, out var found) ? found.Metrics : [];

    /// <summary>The one with just these labels' values, in the order they are exposed; null where there is none.</summary>
    public Metric? Metric(string family, params string[] values) => Metrics(family).SingleOrDefault(m => m.Labels.Select(l => l.Value).SequenceEqual(values, StringComparer.Ordinal));

    /// <summary>Of a counter or gauge; 0 where it is not there.</summary>
    public double Value(string family, params string[] values) => Metric(family, values)?.Value ?? 0;
}
