using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Stash.Core.Api;
using Stash.Core.Monitoring;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Audit;

/// <summary>Changes of the settings over the API, and the lines of an audit log.</summary>
internal static class AuditTrail
{
    /// <summary>The lines, each of which has to be a whole event.</summary>
    public static IReadOnlyList<JsonElement> Read(string text)
    {
        text.Length.ShouldBePositive();
        text.ShouldEndWith("\n");
        return
        [
            .. text.TrimEnd('\n').Split('\n').Select(line =>
            {
                using var json = JsonDocument.Parse(line);
                var e = json.RootElement.Clone();
                (e.Text("kind"), e.Text("apiVersion")).ShouldBe(("Event", "audit.k8s.io/v1"));
                return e;
            }),
        ];
    }

    public static IReadOnlyList<JsonElement> Lines(this OperatorProcess @operator) => Read(File.ReadAllText(Path.Combine(@operator.DataDirectory, "audit.log")));

    /// <summary>A text by its path, as <c>user.username</c>.</summary>
    public static string? Text(this JsonElement e, string path) => path.Split('.').Aggregate(e, (at, name) => at.GetProperty(name)).ToString();

    public static Task<MonitoringManifest> SettingsAsync(this OperatorProcess @operator) => @operator.GetAsync("settings", StashJson.Default.MonitoringManifest);

    /// <summary>Saves settings that differ from those there are.</summary>
    public static async Task<HttpResponseMessage> ChangeAsync(this OperatorProcess @operator, string prometheusNamespace)
    {
        var read = await @operator.SettingsAsync();
        return await @operator.SendAsync(JsonSerializer.Serialize(read with { Spec = read.Spec with { Prometheus = new PrometheusSpec { Namespace = prometheusNamespace } } }, StashJson.Default.MonitoringManifest));
    }

    /// <summary>PUT of the settings.</summary>
    public static async Task<HttpResponseMessage> SendAsync(this OperatorProcess @operator, string body, HttpClient? client = null)
    {
        using HttpRequestMessage request = new(HttpMethod.Put, "settings") { Content = new StringContent(body, Encoding.UTF8, MediaTypeHeaderValue.Parse("application/json")) };
        return await (client ?? @operator.Api).SendAsync(request, TestContext.Current.CancellationToken);
    }

    public static string IdOf(HttpResponseMessage answer) => answer.Headers.GetValues("Audit-Id").ShouldHaveSingleItem();
}
