using k8s;
using k8s.Models;

namespace Stash.Operator.Tests.Support.Kubernetes;

/// <summary>A rule that the chart has for the operator; or a role of the cluster's own that it binds the operator to.</summary>
/// <param name="Namespace">Where it holds; null for everywhere.</param>
/// <param name="Role">The role that it is of.</param>
/// <param name="Rule">Null for a role of the cluster's own.</param>
internal sealed record ChartRule(string? Namespace, string Role, V1PolicyRule? Rule)
{
    /// <summary>As <c>servicemonitors: list, watch</c>, <c>secrets by name: get, create</c> or <c>system:auth-delegator</c>: no two have the same.</summary>
    public string Name => Rule is null
        ? Role
        : $"{string.Join(", ", Rule.Resources ?? Rule.NonResourceURLs)}{(Rule.ResourceNames is { Count: > 0 } ? " by name" : "")}: {string.Join(", ", Rule.Verbs)}";

    public override string ToString() => Name;
}

/// <summary>The operator's service account with the rights that the chart gives it, and no other.</summary>
internal static class ChartRights
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>The operator's namespace is made. Names are the defaults of <c>stash run</c>: Service <c>stash-operator</c>, ServiceMonitor <c>stash-servicemonitor</c>, Secret <c>stash-apiserver-cert</c>.</summary>
    /// <returns>The path of its kubeconfig.</returns>
    public static Task<string> InstallChartRightsAsync(this KubeCluster cluster, string @namespace) => cluster.InstallChartRightsAsync(@namespace, _ => true);

    /// <summary>The same without some of the rules. Used again, it gives and takes what differs. It returns when the API server goes by it.</summary>
    /// <param name="cluster">Where.</param>
    /// <param name="namespace">The operator's.</param>
    /// <param name="keep">Whether a rule stays.</param>
    public static async Task<string> InstallChartRightsAsync(this KubeCluster cluster, string @namespace, Func<ChartRule, bool> keep)
    {
        var account = await cluster.ServiceAccountAsync(@namespace, "stash-operator");
        var objects = await ObjectsAsync(@namespace);
        var rules = objects.SelectMany(o => RulesOf(o, objects)).ToLookup(keep);
        foreach (var each in objects)
        {
            Strip(each, [.. rules[false]]);
        }

        await cluster.ApplyAsync(string.Join("\n---\n", objects.Select(o => KubernetesYaml.Serialize(o))));
        foreach (var rule in rules.SelectMany(r => r))
        {
            var question = Question(@namespace, rule);
            await Eventually.TrueAsync($"the API server goes by the rule \"{rule}\"", async () =>
                (await cluster.Admin.AuthorizationV1.CreateSubjectAccessReviewAsync(new V1SubjectAccessReview { Spec = question }, cancellationToken: Stop)).Status.Allowed == rules[true].Contains(rule));
        }

        return cluster.KubeconfigOf($"stash-operator-{@namespace}", account, @namespace);
    }

    /// <summary>All rules of the chart for the operator.</summary>
    /// <param name="namespace">The operator's.</param>
    public static async Task<IReadOnlyList<ChartRule>> RulesAsync(string @namespace)
    {
        var objects = await ObjectsAsync(@namespace);
        return [.. objects.SelectMany(o => RulesOf(o, objects))];
    }

    private static async Task<IReadOnlyList<IKubernetesObject<V1ObjectMeta>>> ObjectsAsync(string @namespace) =>
        [.. KubernetesYaml.LoadAllFromString(await Helm.TemplateAsync(@namespace, "--show-only=templates/operator-rbac.yaml", "--set=names.serviceMonitor=stash-servicemonitor,names.certificateSecret=stash-apiserver-cert")).Cast<IKubernetesObject<V1ObjectMeta>>()];

    private static IEnumerable<ChartRule> RulesOf(IKubernetesObject<V1ObjectMeta> of, IReadOnlyList<IKubernetesObject<V1ObjectMeta>> all) => of switch
    {
        V1Role role => role.Rules.Select(r => new ChartRule(role.Namespace(), role.Name(), r)),
        V1ClusterRole role => role.Rules.Select(r => new ChartRule(null, role.Name(), r)),
        V1RoleBinding { RoleRef: var role } when !IsOurs(role, all) => [new ChartRule(of.Namespace(), role.Name, null)],
        V1ClusterRoleBinding { RoleRef: var role } when !IsOurs(role, all) => [new ChartRule(null, role.Name, null)],
        _ => [],
    };

    private static bool IsOurs(V1RoleRef role, IReadOnlyList<IKubernetesObject<V1ObjectMeta>> all) => all.Any(o => o.Kind == role.Kind && o.Name() == role.Name);

    private static void Strip(IKubernetesObject<V1ObjectMeta> of, IReadOnlyList<ChartRule> removed)
    {
        switch (of)
        {
            case V1Role role:
                role.Rules = [.. role.Rules.Where(r => !removed.Any(x => x.Rule == r))];
                break;
            case V1ClusterRole role:
                role.Rules = [.. role.Rules.Where(r => !removed.Any(x => x.Rule == r))];
                break;
            case V1RoleBinding binding when removed.Any(r => r.Rule is null && r.Role == binding.RoleRef.Name):
                binding.Subjects = [];
                break;
            case V1ClusterRoleBinding binding when removed.Any(r => r.Rule is null && r.Role == binding.RoleRef.Name):
                binding.Subjects = [];
                break;
        }
    }

    private static V1SubjectAccessReviewSpec Question(string @namespace, ChartRule rule)
    {
        V1SubjectAccessReviewSpec question = new() { User = $"system:serviceaccount:{@namespace}:stash-operator" };
        if (rule.Rule?.NonResourceURLs is [var path, ..])
        {
            question.NonResourceAttributes = new V1NonResourceAttributes { Path = path, Verb = rule.Rule.Verbs[0] };
        }
        else
        {
            question.ResourceAttributes = Attributes(rule);
        }

        return question;
    }

    private static V1ResourceAttributes Attributes(ChartRule rule) => rule switch
    {
        { Rule: { } own } => new V1ResourceAttributes
        {
            Group = own.ApiGroups[0],
            Resource = own.Resources[0].Split('/')[0],
            Subresource = own.Resources[0].Split('/') is [_, var sub] ? sub : null,
            Name = own.ResourceNames?.FirstOrDefault(),
            NamespaceProperty = rule.Namespace,
            Verb = own.Verbs[0],
        },
        { Role: "system:auth-delegator" } => new V1ResourceAttributes { Group = "authentication.k8s.io", Resource = "tokenreviews", Verb = "create" },
        _ => new V1ResourceAttributes { Resource = "configmaps", Name = "extension-apiserver-authentication", NamespaceProperty = rule.Namespace, Verb = "get" },
    };
}
