using System.Globalization;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Runner;

/// <summary>The real Prometheus Pushgateway, as a process.</summary>
internal sealed class Pushgateway : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly HttpClient _http = new();
    private ChildProcess? _process;

    private Pushgateway(int port) => Address = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");

    public string Address { get; }

    public static async Task<Pushgateway> StartAsync()
    {
        var port = Ports.Free();
        Pushgateway it = new(port);
        // Debian's keeps its state in /var by default: a test wants none of what is there.
        it._process = ChildProcess.Start("prometheus-pushgateway", [string.Create(CultureInfo.InvariantCulture, $"--web.listen-address=127.0.0.1:{port}"), $"--persistence.file={it._folder.In("state")}"]);
        await Eventually.TrueAsync("the Pushgateway is ready", async () =>
        {
            try
            {
                using var answer = await it._http.GetAsync($"{it.Address}/-/ready", TestContext.Current.CancellationToken);
                return answer.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
        return it;
    }

    /// <summary>All lines of a metric, as the Pushgateway exposes them.</summary>
    public async Task<string[]> LinesAsync(string metric)
    {
        var text = await _http.GetStringAsync($"{Address}/metrics", TestContext.Current.CancellationToken);
        return [.. text.Split('\n').Where(l => l.StartsWith(metric + "{", StringComparison.Ordinal))];
    }

    /// <summary>The value of the one sample that has all of these labels, each as <c>name="value"</c>.</summary>
    public async Task<double> ValueAsync(string metric, params string[] labels)
    {
        var line = (await LinesAsync(metric)).Where(l => labels.All(l.Contains)).ShouldHaveSingleItem();
        return double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        _http.Dispose();
        _folder.Dispose();
    }
}
