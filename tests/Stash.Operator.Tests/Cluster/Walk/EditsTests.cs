using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using k8s;
using k8s.Autorest;
using k8s.Models;
using Stash.Core.Monitoring.Cluster;
using Stash.Operator.Tests.Support.Kubernetes;

namespace Stash.Operator.Tests.Cluster.Walk;

/// <summary>What the operator has made is edited by somebody else, at random.</summary>
[Collection(KubeWalkTests.Name)]
public sealed class EditsTests(WalkFixture fixture) : IClassFixture<WalkFixture>
{
    private const int Rounds = 20;
    private const int EditsOfARound = 10;
    private const string Theirs = "example.com/theirs-too";

    private readonly Dictionary<string, string> _added = new(StringComparer.Ordinal);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task After_two_hundred_edits_at_random_all_is_as_declared_and_what_others_added_is_still_there()
    {
        var seed = Random.Shared.Next();
        Random random = new(seed);
        try
        {
            for (var round = 0; round < Rounds; round++)
            {
                // Both agents have been edited, each for half of the time.
                var settings = Settings.Kinds[round < Rounds / 2 ? ^1 : 4];
                if (round % (Rounds / 2) == 0)
                {
                    _added.Clear();
                    await fixture.GoAsync(Settings.Kinds[0]);
                    await fixture.GoAsync(settings);
                }

                var objects = (await fixture.It.ReadAsync())!.Status!.Created.Select(c => c.Ref).ToList();
                for (var edit = 0; edit < EditsOfARound; edit++)
                {
                    await EditAsync(objects[random.Next(objects.Count)], random);
                }

                await fixture.BecomeAsync(settings, IsWhole);
            }
        }
        catch (Exception e)
        {
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"With the seed {seed}: {e.Message}"), e);
        }
    }

    /// <summary>What was added is there; takes it away.</summary>
    private bool IsWhole(JsonObject live)
    {
        var annotations = live["metadata"]!["annotations"] as JsonObject;
        var found = annotations?[Theirs]?.GetValue<string>();
        annotations?.Remove(Theirs);
        if (annotations is { Count: 0 })
        {
            live["metadata"]!.AsObject().Remove("annotations");
        }

        var job = live["spec"]?["jobLabel"]?.GetValue<string>();
        live["spec"]?.AsObject().Remove("jobLabel");
        return _added.TryGetValue($"{live["kind"]}", out var added) ? found == added && ($"{live["kind"]}" != "ServiceMonitor" || job == added) : found is null && job is null;
    }

    private async Task EditAsync(ObjectRef what, Random random)
    {
        var client = fixture.It.Cluster.Admin.CustomObjects;
        var kind = ClusterKind.Of(what)!;
        var value = random.Next(1000).ToString(CultureInfo.InvariantCulture);
        try
        {
            var choice = random.Next(6);
            if (choice == 0 && what.Kind != "Service")
            {
                _added.Remove(what.Kind);
                _ = what.Namespace is { } place
                    ? await client.DeleteNamespacedCustomObjectAsync(kind.Group, kind.Version, place, kind.Plural, what.Name, cancellationToken: Stop)
                    : await client.DeleteClusterCustomObjectAsync(kind.Group, kind.Version, kind.Plural, what.Name, cancellationToken: Stop);
                return;
            }

            V1Patch patch = new(Change(what.Kind, choice, value), V1Patch.PatchType.MergePatch);
            _ = what.Namespace is { } name
                ? await client.PatchNamespacedCustomObjectAsync(patch, kind.Group, kind.Version, name, kind.Plural, what.Name, fieldManager: "somebody", cancellationToken: Stop)
                : await client.PatchClusterCustomObjectAsync(patch, kind.Group, kind.Version, kind.Plural, what.Name, fieldManager: "somebody", cancellationToken: Stop);
            if (choice == 5)
            {
                _added[what.Kind] = value;
            }
        }
        catch (HttpOperationException e) when (e.Response.StatusCode == HttpStatusCode.NotFound)
        {
            // It was deleted a moment ago, and is not there again yet.
        }
    }

    private static JsonNode Change(string kind, int choice, string value) => JsonNode.Parse((kind, choice) switch
    {
        (_, 5) => $$"""{"metadata":{"annotations":{"{{Theirs}}":"{{value}}"} }{{(kind == "ServiceMonitor" ? $",\"spec\":{{\"jobLabel\":\"{value}\"}}" : "")}} }""",
        ("Service", 1) => """{"metadata":{"annotations":{"prometheus.io/scrape":null,"prometheus.io/operator_port":null}}}""",
        ("Service", 2) => $$"""{"metadata":{"annotations":{"prometheus.io/pushgateway_port":"{{value}}"} } }""",
        ("Service", _) => $$"""{"metadata":{"annotations":{"prometheus.io/operator_scheme":"{{value}}","prometheus.io/scrape":"false"} } }""",
        (_, 1) => """{"metadata":{"labels":null}}""",
        (_, 2) => $$"""{"metadata":{"labels":{"stash.appscode.com/operator-namespace":"elsewhere","app.kubernetes.io/managed-by":"{{value}}"} } }""",
        ("Secret", _) => $$"""{"data":{"tls.crt":"{{Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(value))}}"} }""",
        ("ClusterRole", 3) => """{"rules":[]}""",
        ("ClusterRole", _) => """{"metadata":{"annotations":{"stash.appscode.com/certificate-namespace":"elsewhere"}},"rules":[{"nonResourceURLs":["*"],"verbs":["*"]}]}""",
        ("ClusterRoleBinding", 3) => """{"subjects":null}""",
        ("ClusterRoleBinding", _) => $$"""{"subjects":[{"kind":"User","apiGroup":"rbac.authorization.k8s.io","name":"mallory{{value}}"}]}""",
        (_, 3) => $$"""{"metadata":{"labels":{"app":"{{value}}"} },"spec":{"selector":{"matchLabels":{"app":"{{value}}"} } } }""",
        _ => """{"spec":{"endpoints":[],"namespaceSelector":{"matchNames":["other"]}}}""",
    })!;
}
