using System.Net.Http.Json;
using Stash.Core.Api;
using Stash.Core.Monitoring;
using Stash.Operator.Tests.Support;
using Stash.Operator.Tests.Telemetry.Requests;

namespace Stash.Operator.Tests.Telemetry;

/// <summary>An operator to which each thing that is measured has happened once, for the tests of a class.</summary>
public sealed class BusyOperator : IAsyncLifetime
{
    internal OperatorProcess Operator { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var stop = TestContext.Current.CancellationToken;
        Operator = await OperatorProcess.StartAsync();
        await Operator.PushAsync(new SessionPush());
        await Operator.PushAsync(new SessionPush { App = "db", Failed = true });
        var settings = await Operator.GetAsync("settings", StashJson.Default.MonitoringManifest);
        using var changed = await Operator.Api.PutAsJsonAsync("settings", settings with { Spec = new MonitoringSpec { Agent = "builtin", Backup = true } }, StashJson.Default.MonitoringManifest, stop);
        changed.IsSuccessStatusCode.ShouldBeTrue();
        await Operator.SessionsAsync();
        using var unknown = Operator.NewApiClient(null);
        using var refused = await unknown.GetAsync("/metrics", stop);
        ((int)refused.StatusCode).ShouldBe(401);
        foreach (var accept in new[] { "application/openmetrics-text", "text/plain" })
        {
            (await GetAsync(accept)).ShouldNotBeEmpty();
        }

        await Exposition.OfAsync(Operator, "everything has been counted", e =>
            e.Value("stash_sessions_total", "backup", "failed") == 1 && e.Metrics("stash_app_last_success_time_seconds").Count == 2 && e.Metrics("http_requests_total").Count > 2
            && e.Metrics("stash_health_check_status").Count > 0);
    }

    public ValueTask DisposeAsync() => Operator.DisposeAsync();

    /// <summary><c>/metrics</c> in a form.</summary>
    internal async Task<string> GetAsync(string accept)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "/metrics");
        request.Headers.Accept.ParseAdd(accept);
        using var answer = await Operator.Api.SendAsync(request, TestContext.Current.CancellationToken);
        answer.IsSuccessStatusCode.ShouldBeTrue();
        return await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }
}
