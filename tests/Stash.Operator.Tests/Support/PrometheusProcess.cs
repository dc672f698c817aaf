using System.Globalization;
using System.Text.Json;
using Stash.Operator.Tests.Runner;

namespace Stash.Operator.Tests.Support;

/// <summary>A real Prometheus with a configuration of the test's.</summary>
internal sealed class PrometheusProcess : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ChildProcess _process;
    private readonly HttpClient _client;

    /// <param name="configuration">The whole of <c>prometheus.yml</c>.</param>
    public PrometheusProcess(string configuration)
    {
        var port = Ports.Free().ToString(CultureInfo.InvariantCulture);
        File.WriteAllText(_folder.In("prometheus.yml"), configuration);
        _process = ChildProcess.Start("prometheus", [$"--config.file={_folder.In("prometheus.yml")}", $"--storage.tsdb.path={_folder.In("tsdb")}", $"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"]);
        _client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}/api/v1/") };
    }

    /// <summary>The labels of the series that a query gives; none while it is not up.</summary>
    public async Task<IReadOnlyList<Dictionary<string, string>>> QueryAsync(string query) =>
        await GetAsync($"query?query={Uri.EscapeDataString(query)}") is { } data
            ? [.. data.GetProperty("result").EnumerateArray().Select(r => r.GetProperty("metric").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString()!, StringComparer.Ordinal))]
            : [];

    /// <summary>By job: <c>up</c>, or what the last scrape failed by; without those that were not scraped yet.</summary>
    public async Task<IReadOnlyDictionary<string, string>> TargetsAsync() =>
        await GetAsync("targets?state=active") is { } data
            ? data.GetProperty("activeTargets").EnumerateArray().Where(t => t.GetProperty("health").GetString() != "unknown").ToDictionary(
                t => t.GetProperty("scrapePool").GetString()!, t => t.GetProperty("lastError").GetString() is { Length: > 0 } error ? error : t.GetProperty("health").GetString()!, StringComparer.Ordinal)
            : new Dictionary<string, string>(StringComparer.Ordinal);

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
            return null;
        }
    }
}
