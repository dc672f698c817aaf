using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using k8s;
using k8s.Models;
using Stash.Core.Api;
using Stash.Operator.Tests.Cluster.Controller;
using Stash.Operator.Tests.Support;
using Stash.Operator.Tests.Support.Kubernetes;

namespace Stash.Operator.Tests.Cluster.Walk;

/// <summary>What the operator asks of the API server, as the server's own audit log has it: known to old servers and to new ones, and just what the chart gives it the right to.</summary>
[Collection(KubeWalkTests.Name)]
public sealed class RequestsTests(AuditedCluster cluster, WalkFixture fixture, ITestOutputHelper output) : IClassFixture<WalkFixture>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_request_is_known_field_by_field_to_the_server_of_1_20_and_to_the_newest_models_and_every_right_is_used()
    {
        await UseAllAsync(fixture.It);
        var requests = await AuditedRequest.OfAsync(cluster, fixture.Facts.Operator, "stash-operator");
        OpenApiDocument document = new(await fixture.GetAsync("openapi/v2"));
        HashSet<string> unknown = new(StringComparer.Ordinal);
        HashSet<string> kinds = new(StringComparer.Ordinal);
        foreach (var request in requests)
        {
            unknown.UnionWith(document.UnknownOf(request, out var kind));
            kinds.Add($"{request.Verb} {kind} ({request.Resource})");
            // Custom resources are of the definitions that are installed, not of the server.
            if (request.Group is not ("stash.appscode.com" or "monitoring.coreos.com"))
            {
                unknown.UnionWith(NewestUnknownOf(request, kind));
            }
        }

        output.WriteLine(string.Join('\n', kinds.Order(StringComparer.Ordinal)));
        kinds.Count.ShouldBeGreaterThan(25);
        // A watch is in the log when it ends; the informers list first, by the same query.
        var unused = from rule in await ChartRights.RulesAsync(fixture.Facts.Operator)
                     where rule.Rule?.Resources is { } resources && !RightsTests.IsForFirstSettings(rule) && !resources.Contains("customresourcedefinitions")
                     from verb in rule.Rule!.Verbs
                     where !requests.Any(r => r.IsCoveredBy(rule, verb == "watch" ? "list" : verb))
                     select $"{verb} of {rule.Name}";
        unknown.ShouldBeEmpty();
        // An Event is written again after five minutes. The right to get the settings comes with those to list and to watch them, and nothing asks for it.
        unused.Except(["patch of events: create, patch", "get of monitorings: get, list, watch, patch"], StringComparer.Ordinal).ShouldBeEmpty();
        requests.ShouldContain(r => r.Resource == "tokenreviews" && r.Verb == "create");
        requests.ShouldContain(r => r.Resource == "subjectaccessreviews" && r.Verb == "create");
        requests.ShouldContain(r => r.Resource == "configmaps" && r.Name == "extension-apiserver-authentication");
    }

    /// <summary>Has the operator do all that it can.</summary>
    private async Task UseAllAsync(OperatedCluster it)
    {
        await cluster.ApplyAsync($$$"""
            apiVersion: apiregistration.k8s.io/v1
            kind: APIService
            metadata: {name: v1alpha1.monitoring.stash.appscode.com}
            spec: {group: monitoring.stash.appscode.com, version: v1alpha1, groupPriorityMinimum: 1000, versionPriority: 15, service: {name: stash-operator, namespace: {{{fixture.Facts.Operator}}}, port: 443}}
            """);
        try
        {
            foreach (var settings in new[] { Settings.Kinds[^1], Settings.Kinds[4], Settings.Kinds[^2], Settings.Kinds[^1] with { Agent = "prometheus.io/coreos-operator", OtherLabels = true } })
            {
                await fixture.GoAsync(settings);
            }

            // Something goes wrong, and again.
            for (var i = 0; i < 2; i++)
            {
                await it.SetAsync(it.Corner.Spec("coreos-operator", @namespace: "there-is-none"));
                await Eventually.TrueAsync("an Event tells of it", async () => (await it.EventsAsync()).Any(e => e.Reason == "NamespaceNotFound"));
                await fixture.GoAsync(Settings.Kinds[^1]);
            }

            using var client = it.Operator.NewApiClient(await cluster.ServiceAccountAsync(fixture.Facts.Operator, "somebody"));
            (await client.GetAsync(new Uri(it.Operator.ApiAddress, ApiPaths.Root + "/sessions"), Stop)).Dispose();
            await Eventually.TrueAsync("the aggregated API trusts the authority", async () =>
                (await cluster.Admin.ApiregistrationV1.ReadAPIServiceAsync("v1alpha1.monitoring.stash.appscode.com", cancellationToken: Stop)).Spec.CaBundle is { Length: > 0 });
            await it.Corner.KubectlAsync("delete", "monitorings.stash.appscode.com", "stash", $"--namespace={fixture.Facts.Operator}", "--timeout=30s");
        }
        finally
        {
            await cluster.KubectlAsync("delete", "apiservice", "v1alpha1.monitoring.stash.appscode.com");
        }
    }

    /// <summary>The models of KubernetesClient are made from the OpenAPI document of the newest Kubernetes that it knows, without what is no longer served.</summary>
    private static List<string> NewestUnknownOf(AuditedRequest request, string kind)
    {
        List<string> unknown = [];
        var model = typeof(V1Pod).Assembly.GetTypes().SingleOrDefault(t => t.GetCustomAttribute<KubernetesEntityAttribute>() is { } a && $"{a.Group}/{a.ApiVersion}/{a.Kind}" == kind && t.Namespace == "k8s.Models" && !t.Name.EndsWith("List", StringComparison.Ordinal));
        if (model is null)
        {
            return [$"newest: {kind}"];
        }

        // What is asked and not kept has no plural there.
        if (model.GetCustomAttribute<KubernetesEntityAttribute>()!.PluralName is { Length: > 0 } plural && plural != request.Resource.Split('/')[0])
        {
            unknown.Add($"newest: {request.Resource}");
        }

        Walk(request.Body, request.Verb == "delete" ? typeof(V1DeleteOptions) : model, kind, unknown);
        return unknown;
    }

    private static void Walk(JsonNode? value, Type type, string at, List<string> unknown)
    {
        switch (value)
        {
            case JsonArray list when type.IsGenericType:
                foreach (var each in list)
                {
                    Walk(each, type.GetGenericArguments()[0], $"{at}[]", unknown);
                }

                break;
            case JsonObject map when type.IsGenericType:
                foreach (var (name, each) in map)
                {
                    Walk(each, type.GetGenericArguments()[1], $"{at}.{name}", unknown);
                }

                break;
            case JsonObject map when type.Namespace == "k8s.Models":
                foreach (var (name, each) in map)
                {
                    if (type.GetProperties().FirstOrDefault(p => p.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name == name) is { } property)
                    {
                        Walk(each, property.PropertyType, $"{at}.{name}", unknown);
                    }
                    else
                    {
                        unknown.Add($"newest: {at}.{name}");
                    }
                }

                break;
        }
    }
}
