using System.Globalization;
using System.Text.Json;
using Stash.Operator.Tests.Runner;

namespace Stash.Operator.Tests.Support;

/// <summary>A real Prometheus on a free port.</summary>
internal sealed class PrometheusServer : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ChildProcess _process;
    private readonly HttpClient _client;

    /// <param name="configuration">The whole of its configuration file.</param>
    public PrometheusServer(string configuration)
    {
        var port = Ports.Free().ToString(CultureInfo.InvariantCulture);
        File.WriteAllText(_folder.In("prometheus.yml"), configuration);
        _process = ChildProcess.Start("prometheus",
            [$"--config.file={_folder.In("prometheus.yml")}", $"--storage.tsdb.path={_folder.In("tsdb")}", $"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"]);
        _client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}/api/v1/") };
    }

    /// <summary>The labels of the series that a query gives; none while it is not up.</summary>
    public async Task<IReadOnlyList<Dictionary<string, string>>> QueryAsync(string query) =>
        await GetAsync($"query?query={Uri.EscapeDataString(query)}") is { } data
            ? [.. data.GetProperty("result").EnumerateArray().Select(r => r.GetProperty("metric").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString()!, StringComparer.Ordinal))]
            : [];

    /// <summary>Waits until the one target of each job was scraped, in time: a machine that is busy may let a scrape run out of it.</summary>
    /// <returns>By job: <c>up</c> or <c>down</c>, and why it is down.</returns>
    public Task<Dictionary<string, Target>> TargetsAsync(params IReadOnlyCollection<string> jobs) => Eventually.GetAsync($"{string.Join(", ", jobs)} were scraped", async () =>
    {
        if (await GetAsync("targets?state=active") is not { } data)
        {
            return null;
        }

        var all = data.GetProperty("activeTargets").EnumerateArray().ToDictionary(
            t => t.GetProperty("scrapePool").GetString()!, t => new Target(t.GetProperty("health").GetString()!, t.GetProperty("lastError").GetString()!), StringComparer.Ordinal);
        return jobs.All(j => all.TryGetValue(j, out var target) && target.Health != "unknown" && !target.Error.Contains("deadline exceeded", StringComparison.Ordinal)) ? all : null;
    });

    /// <summary>The same for one job.</summary>
    public async Task<Target> TargetAsync(string job) => (await TargetsAsync(job))[job];

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _client.Dispose();
        _folder.Dispose();
    }

    private async Task<JsonElement?> GetAsync(string path)
    {
        if (_process.HasExited)
        {
            throw new InvalidOperationException($"Prometheus has ended: {_process.Error}");
        }

        try
        {
            using var answer = await _client.GetAsync(path, TestContext.Current.CancellationToken);
            if (!answer.IsSuccessStatusCode)
            {
                return null;
            }

            using var json = await JsonDocument.ParseAsync(await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken), cancellationToken: TestContext.Current.CancellationToken);
            return json.RootElement.GetProperty("data").Clone();
        }
        catch (HttpRequestException)
        {
            // It does not listen yet.
            return null;
        }
    }

    internal sealed record Target(string Health, string Error);
}
