using Stash.Operator.Tests.Support.Kubernetes;

namespace Stash.Operator.Tests.Deploy;

/// <summary>The rights that tests run under are those of the chart.</summary>
[Collection(KubeTests.Name)]
public sealed class ChartRightsTests(KubeCluster cluster)
{
    [Fact]
    public async Task A_rule_that_is_left_out_is_missing_and_comes_back()
    {
        var operatorConfig = await cluster.InstallChartRightsAsync("chart-rights");
        (await MayAsync("list", "namespaces")).ShouldBeTrue();
        (await MayAsync("get", "configmap/extension-apiserver-authentication", "--namespace=kube-system")).ShouldBeTrue();
        (await MayAsync("get", "secrets", "--namespace=chart-rights")).ShouldBeFalse();
        (await MayAsync("update", "services", "--namespace=chart-rights")).ShouldBeFalse();
        (await MayAsync("impersonate", "users")).ShouldBeFalse();

        await cluster.InstallChartRightsAsync("chart-rights", r => r.Name is not ("namespaces: list, watch" or "extension-apiserver-authentication-reader"));
        (await MayAsync("list", "namespaces")).ShouldBeFalse();
        (await MayAsync("get", "configmap/extension-apiserver-authentication", "--namespace=kube-system")).ShouldBeFalse();

        await cluster.InstallChartRightsAsync("chart-rights");
        (await MayAsync("list", "namespaces")).ShouldBeTrue();

        async Task<bool> MayAsync(params string[] what) => (await KubeCluster.KubectlAsAsync(operatorConfig, ["auth", "can-i", .. what])).Output.Trim() == "yes";
    }

    [Fact]
    public async Task Each_rule_has_a_name_of_its_own()
    {
        var names = (await ChartRights.RulesAsync("chart-rights")).Select(r => r.Name).ToList();
        names.Count.ShouldBeGreaterThan(15);
        names.ShouldBeUnique();
    }
}
