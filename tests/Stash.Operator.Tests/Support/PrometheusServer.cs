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

    /// <summary>Waits until the one target of a job was scraped.</summary>
    /// <returns><c>up</c> or <c>down</c>, and why it is down.</returns>
    public Task<Target> TargetAsync(string job) => Eventually.GetAsync($"{job} was scraped", async () =>
    {
        if (_process.HasExited)
        {
            throw new InvalidOperationException(_process.Error);
        }

        try
        {
            using var json = JsonDocument.Parse(await _client.GetStringAsync("targets", TestContext.Current.CancellationToken));
            var target = json.RootElement.GetProperty("data").GetProperty("activeTargets").EnumerateArray()
                .Where(t => t.GetProperty("scrapePool").GetString() == job)
                .Select(t => new Target(t.GetProperty("health").GetString()!, t.GetProperty("lastError").GetString()!)).SingleOrDefault();
            return target is { Health: not "unknown" } ? target : null;
        }
        catch (HttpRequestException)
        {
            // It does not listen yet.
            return null;
        }
    });

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _client.Dispose();
        _folder.Dispose();
    }

    internal sealed record Target(string Health, string Error);
}
