using System.Net;
using CsCheck;
using k8s;
using k8s.Autorest;
using k8s.Models;
using Stash.Core.Monitoring.Prometheuses;
using Stash.Operator.Tests.Support.Kubernetes;

namespace Stash.Operator.Tests.Cluster.Prometheus;

/// <summary>What a label selector selects, and which is one, is what a real API server says.</summary>
[Collection(KubeTests.Name)]
public sealed class LabelSelectorTests(KubeCluster cluster) : IAsyncLifetime
{
    private const string Namespace = "selectors";

    private static readonly string[] Keys = ["a", "in", "example.com/c"];
    private static readonly string[] Values = ["", "x", "notin"];
    private static readonly string[] Operators = ["In", "NotIn", "Exists", "DoesNotExist"];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>A ConfigMap with each possible set of labels.</summary>
    public async ValueTask InitializeAsync()
    {
        await cluster.ServiceAccountAsync(Namespace, "default");
        await cluster.Admin.CoreV1.DeleteCollectionNamespacedConfigMapAsync(Namespace, cancellationToken: Stop);
        foreach (var labels in Everything())
        {
            await cluster.Admin.CoreV1.CreateNamespacedConfigMapAsync(new V1ConfigMap { Metadata = new() { GenerateName = "m-", Labels = labels } }, Namespace, cancellationToken: Stop);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task It_selects_what_the_API_server_lists_by_it()
    {
        var all = (await cluster.Admin.CoreV1.ListNamespacedConfigMapAsync(Namespace, cancellationToken: Stop)).Items;
        all.Count.ShouldBe(64);
        List<V1LabelSelector> selectors =
        [
            new(),
            .. Keys.SelectMany(k => new[] { Expression(k, "Exists"), Expression(k, "DoesNotExist"), Expression(k, "In", ""), Expression(k, "NotIn", ""), Expression(k, "In", "x", ""), Expression(k, "NotIn", "x", "notin") }),
        ];
        var random = Gen.Select(Gen.Int[0, 2].Array[0, 2], Gen.Int[0, 2].Array[2], Gen.Select(Gen.Int[0, 2], Gen.Int[0, 3], Gen.Int[0, 2].Array[1, 3]).Array[0, 3], Selector).Array[150];
        random.Sample(selectors.AddRange, iter: 1, threads: 1);

        var some = 0;
        foreach (var selector in selectors)
        {
            var ours = LabelSelector.Of(selector);
            ours.Error.ShouldBeNull();
            var listed = await cluster.Admin.CoreV1.ListNamespacedConfigMapAsync(Namespace, labelSelector: ours.ToString(), cancellationToken: Stop);
            var selected = all.Where(m => ours.Matches(Labels(m))).Select(m => m.Metadata.Name);
            selected.ShouldBe(listed.Items.Select(m => m.Metadata.Name), ignoreOrder: true, customMessage: ours.ToString());
            some += listed.Items.Count is > 0 and < 64 ? 1 : 0;
        }

        some.ShouldBeGreaterThan(50);
    }

    /// <summary>A NetworkPolicy's <c>podSelector</c> is checked as every label selector; a query by text is not looked at for operators without values.</summary>
    [Theory]
    [InlineData("a", "In", "x", true)]
    [InlineData("a", "NotIn", "x,y", true)]
    [InlineData("a", "Exists", null, true)]
    [InlineData("a", "DoesNotExist", null, true)]
    [InlineData("example.com/a", "In", "", true)]
    [InlineData("a", "in", "x", false)]
    [InlineData("a", "Equals", "x", false)]
    [InlineData("a", "", "x", false)]
    [InlineData("a", "In", null, false)]
    [InlineData("a", "NotIn", null, false)]
    [InlineData("a", "Exists", "x", false)]
    [InlineData("a", "DoesNotExist", "x", false)]
    [InlineData("", "Exists", null, false)]
    [InlineData("a b", "Exists", null, false)]
    [InlineData("-a", "Exists", null, false)]
    [InlineData("example.com/", "Exists", null, false)]
    [InlineData("Example.com/a", "Exists", null, false)]
    [InlineData("a23456789012345678901234567890123456789012345678901234567890123", "Exists", null, true)]
    [InlineData("a234567890123456789012345678901234567890123456789012345678901234", "Exists", null, false)]
    public async Task It_is_wrong_where_the_API_server_refuses_it(string key, string op, string? values, bool isRight)
    {
        var selector = Expression(key, op, values?.Split(',') ?? []);
        (LabelSelector.Of(selector).Error is null).ShouldBe(isRight);
        (await TakesAsync(() => cluster.Admin.NetworkingV1.CreateNamespacedNetworkPolicyAsync(
            new V1NetworkPolicy { Metadata = new() { Name = "p" }, Spec = new() { PodSelector = selector } }, Namespace, dryRun: "All", cancellationToken: Stop))).ShouldBe(isRight);
    }

    /// <summary>Values are checked where a selector is used.</summary>
    [Theory]
    [InlineData("x_y.z-1", true)]
    [InlineData("-x", false)]
    [InlineData("x.", false)]
    [InlineData("x/y", false)]
    [InlineData("v23456789012345678901234567890123456789012345678901234567890123", true)]
    [InlineData("v234567890123456789012345678901234567890123456789012345678901234", false)]
    public async Task A_value_is_wrong_where_the_API_server_refuses_to_list_by_it(string value, bool isRight)
    {
        foreach (var selector in new[] { Expression("a", "NotIn", value), new V1LabelSelector { MatchLabels = new Dictionary<string, string>(StringComparer.Ordinal) { ["a"] = value } } })
        {
            var ours = LabelSelector.Of(selector);
            (ours.Error is null).ShouldBe(isRight);
            (await TakesAsync(() => cluster.Admin.CoreV1.ListNamespacedConfigMapAsync(Namespace, labelSelector: ours.ToString(), cancellationToken: Stop))).ShouldBe(isRight);
        }
    }

    private static async Task<bool> TakesAsync(Func<Task> request)
    {
        try
        {
            await request();
            return true;
        }
        catch (HttpOperationException e) when (e.Response.StatusCode is HttpStatusCode.UnprocessableEntity or HttpStatusCode.BadRequest)
        {
            return false;
        }
    }

    private static IEnumerable<Dictionary<string, string>> Everything()
    {
        string?[] values = [null, .. Values];
        return from a in values
               from b in values
               from c in values
               select Keys.Zip([a, b, c]).Where(l => l.Second is not null).ToDictionary(l => l.First, l => l.Second!, StringComparer.Ordinal);
    }

    private static V1LabelSelector Selector(int[] keys, int[] values, (int Key, int Operator, int[] Values)[] expressions) => new()
    {
        MatchLabels = keys.Zip(values).DistinctBy(l => l.First).ToDictionary(l => Keys[l.First], l => Values[l.Second], StringComparer.Ordinal),
        MatchExpressions =
        [
            .. expressions.Select(e => new V1LabelSelectorRequirement
            {
                Key = Keys[e.Key],
                OperatorProperty = Operators[e.Operator],
                Values = e.Operator < 2 ? [.. e.Values.Select(v => Values[v])] : null,
            }),
        ],
    };

    private static V1LabelSelector Expression(string key, string op, params string[] values) => new() { MatchExpressions = [new() { Key = key, OperatorProperty = op, Values = values }] };

    private static Dictionary<string, string> Labels(V1ConfigMap map) => (map.Metadata.Labels ?? new Dictionary<string, string>(StringComparer.Ordinal)).ToDictionary(StringComparer.Ordinal);
}
