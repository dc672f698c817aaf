using System.Diagnostics;
using System.Globalization;
using System.Text;
using Stash.Operator.Telemetry;
using Stash.Operator.Telemetry.Requests;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Telemetry.Requests;

/// <summary>100,000 requests of every bad kind leave few series, and none with what they brought.</summary>
public sealed class HostileRequestsTests(ITestOutputHelper output)
{
    private const int Total = 100_000;
    private const int OverHttp2 = 10_000;
    private const int Connections = 8;
    private const int Pipelined = 50;
    private const int Apps = 600;
    private const int MostSeries = 2_000;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_hundred_thousand_hostile_requests_leave_no_more_than_two_thousand_series()
    {
        await using var it = await OperatorProcess.StartAsync();
        // Whoever pushes chooses names too: more apps than have series.
        await Parallel.ForEachAsync(Enumerable.Range(0, Apps), new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Stop },
            async (i, _) => await it.PushAsync(new SessionPush { App = $"app{i}" }));
        var before = await Exposition.OfAsync(it, "the journal has all apps", e => e.Value("stash_apps_left_out") == Apps - AppMetrics.MaxApps);
        var began = Stopwatch.GetTimestamp();
        var answers = await Task.WhenAll([
            Http2Async(it, OverHttp2),
            .. Enumerable.Range(1, Connections).Select(seed => Task.Run(() => Http1Async(it, seed, (Total - OverHttp2) / Connections), Stop)),
        ]);
        var took = Stopwatch.GetElapsedTime(began);
        var all = answers.Sum(a => a.Values.Sum());
        all.ShouldBeGreaterThanOrEqualTo(Total);

        // All have been counted, but those that the server itself found no request in.
        var seen = await Exposition.OfAsync(it, "all are counted", e => Requests(e) >= all - answers.Sum(a => a.GetValueOrDefault("400")));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{all} requests in {took.TotalSeconds:F1} s: {string.Join(", ", answers.SelectMany(a => a).GroupBy(a => a.Key, a => a.Value).OrderBy(a => a.Key).Select(a => $"{a.Key}: {a.Sum()}"))}; series before {before.Series}, after {seen.Series}"));
        foreach (var family in seen.Text.Split('\n').Where(l => l.Length > 0 && l[0] != '#').GroupBy(l => l.Split('{', ' ')[0]).OrderByDescending(f => f.Count()).Take(12))
        {
            output.WriteLine($"{family.Count()} {family.Key}");
        }

        seen.Series.ShouldBeLessThanOrEqualTo(MostSeries);
        seen.Text.ToUpperInvariant().ShouldNotContain(HostileRequests.Mark.ToUpperInvariant());
        var clients = seen.Metrics("apiserver_request_count").Select(m => m.Labels.Single(l => l.Name == "client").Value).Distinct(StringComparer.Ordinal).ToList();
        clients.Count(c => c.StartsWith(HostileRequests.Admitted, StringComparison.Ordinal)).ShouldBeLessThanOrEqualTo(ClientNames.Most);
        clients.Where(c => !c.StartsWith(HostileRequests.Admitted, StringComparison.Ordinal)).ShouldBe(["other", "unknown", "Browser"], ignoreOrder: true);
        clients.ShouldContain(c => c.StartsWith(HostileRequests.Admitted, StringComparison.Ordinal));
    }

    private static double Requests(Exposition exposition) => exposition.Metrics("apiserver_request_count").Sum(m => m.Value);

    /// <summary>Sends them over one connection, many before the first is answered; a new one where the server ends it.</summary>
    /// <returns>How many answers had which code.</returns>
    private static async Task<Dictionary<string, int>> Http1Async(OperatorProcess it, int seed, int requests)
    {
        HostileRequests hostile = new(new Random(seed), it.Token);
        Dictionary<string, int> answers = new(StringComparer.Ordinal);
        var left = requests;
        var buffer = new byte[1 << 16];
        while (left > 0)
        {
            await using var connection = await RawConnection.OpenAsync(it);
            var isOpen = true;
            while (isOpen && left > 0)
            {
                var sent = Math.Min(Pipelined, left);
                await connection.SendAsync(string.Concat(Enumerable.Range(0, sent).Select(_ => hostile.Next())));
                var due = sent;
                var rest = "";
                while (due > 0 && isOpen)
                {
                    var read = await connection.Stream.ReadAsync(buffer, Stop);
                    isOpen = read > 0;
                    var text = rest + Encoding.Latin1.GetString(buffer, 0, read);
                    var at = 0;
                    for (int next; (next = text.IndexOf("HTTP/1.1 ", at, StringComparison.Ordinal)) >= 0 && next + 12 <= text.Length; at = next + 12)
                    {
                        var code = text.Substring(next + 9, 3);
                        answers[code] = answers.GetValueOrDefault(code) + 1;
                        due--;
                    }

                    rest = text[Math.Max(at, text.Length - 11)..];
                }

                left -= sent - due;
            }
        }

        return answers;
    }

    private static async Task<Dictionary<string, int>> Http2Async(OperatorProcess it, int requests)
    {
        using var client = it.NewApiClient(null);
        HostileRequests hostile = new(new Random(0), it.Token);
        Dictionary<string, int> answers = new(StringComparer.Ordinal);
        for (var left = requests; left > 0; left -= Pipelined)
        {
            var batch = await Task.WhenAll(Enumerable.Range(0, Pipelined).Select(async _ =>
            {
                using var request = hostile.NextMessage(it.ApiAddress);
                using var answer = await client.SendAsync(request, Stop);
                return ((int)answer.StatusCode).ToString(CultureInfo.InvariantCulture);
            }));
            foreach (var code in batch)
            {
                answers[code] = answers.GetValueOrDefault(code) + 1;
            }
        }

        return answers;
    }
}
