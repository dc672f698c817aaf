using System.Text.Json.Nodes;
using Stash.Operator.Tests.Cluster.Controller;
using Stash.Operator.Tests.Cluster.Desired;
using Stash.Operator.Tests.Support;
using Stash.Operator.Tests.Support.Kubernetes;

namespace Stash.Operator.Tests.Cluster.Walk;

/// <summary>One operator, under the chart's rights, in a cluster of its own.</summary>
public sealed class WalkFixture(AuditedCluster cluster) : IAsyncLifetime
{
    internal OperatedCluster It { get; private set; } = null!;

    internal Facts Facts { get; private set; } = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        It = await OperatedCluster.StartAsync(cluster, "--prometheus-service-account", Facts.Prometheus);
        Facts = new(It.Corner.Operator, It.Corner.One, It.Corner.Names.CaCertificate);
    }

    public ValueTask DisposeAsync() => It?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>Sets them, and waits until there is what they make, and the status is about them.</summary>
    internal async Task GoAsync(Settings settings)
    {
        await It.SetAsync(settings.Spec(Facts.Elsewhere));
        await BecomeAsync(settings);
        await Eventually.TrueAsync($"the status is about {settings}", async () => await It.ReadAsync() is { Status: { } status } it && status.ObservedGeneration == it.Metadata.Generation && status.Created.Count == Facts.Of(settings).Count);
    }

    /// <summary>Waits until there is what they make, to the byte, and nothing else of its kinds.</summary>
    /// <param name="settings">Which.</param>
    /// <param name="without">Takes away what somebody else has added, and fails where it is not there.</param>
    internal async Task BecomeAsync(Settings settings, Func<JsonObject, bool>? without = null)
    {
        var wanted = Facts.Of(settings);
        IReadOnlyList<string> there = [];
        try
        {
            await Eventually.TrueAsync($"there is what {settings} makes", async () =>
            {
                var all = (await It.Corner.EverythingAsync()).Select(o => JsonNode.Parse(o)!.AsObject()).ToList();
                var asTheyAre = all.TrueForAll(o => without?.Invoke(o) != false);
                there = DesiredCluster.Sorted(all);
                return asTheyAre && there.SequenceEqual(wanted, StringComparer.Ordinal);
            });
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}\nwanted:\n{string.Join('\n', wanted)}\nthere:\n{string.Join('\n', there)}\n{string.Join('\n', It.Operator.Process.Output.Split('\n').TakeLast(20))}", e);
        }
    }

    /// <summary>All objects of all kinds in the whole cluster, as <c>Kind namespace name</c>, but for Events.</summary>
    internal async Task<IReadOnlySet<string>> EverythingInTheClusterAsync()
    {
        HashSet<string> all = new(StringComparer.Ordinal);
        foreach (var path in await PathsAsync())
        {
            try
            {
                var list = await GetAsync(path);
                // An item of a list of the core's has no kind of its own.
                var kind = $"{list["kind"]}";
                foreach (var item in list["items"]?.AsArray() ?? [])
                {
                    all.Add($"{kind[..^"List".Length]} {item!["metadata"]!["namespace"]} {item["metadata"]!["name"]}");
                }
            }
            catch (HttpRequestException e) when (e.StatusCode is System.Net.HttpStatusCode.NotFound or System.Net.HttpStatusCode.MethodNotAllowed)
            {
                // A kind without a store, as componentstatuses.
            }
        }

        return all;
    }

    /// <summary>Of the API server, as <c>openapi/v2</c>.</summary>
    internal async Task<JsonObject> GetAsync(string path)
    {
        var text = await ((k8s.Kubernetes)It.Cluster.Admin).HttpClient.GetStringAsync(new Uri(((k8s.Kubernetes)It.Cluster.Admin).BaseUri, path), Stop);
        return JsonNode.Parse(text)!.AsObject();
    }

    private async Task<IReadOnlyList<string>> PathsAsync()
    {
        List<string> versions = ["api/v1", .. (await GetAsync("apis"))["groups"]!.AsArray().Select(g => $"apis/{g!["preferredVersion"]!["groupVersion"]}")];
        List<string> paths = [];
        foreach (var version in versions)
        {
            paths.AddRange((await GetAsync(version))["resources"]!.AsArray()
                .Where(r => r!["verbs"]!.AsArray().Any(v => $"{v}" == "list") && $"{r["kind"]}" is not ("Event" or "ComponentStatus"))
                .Select(r => $"{version}/{r!["name"]}"));
        }

        return paths;
    }
}
