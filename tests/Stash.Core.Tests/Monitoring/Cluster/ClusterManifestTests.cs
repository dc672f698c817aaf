using k8s.Models;
using Stash.Core.Monitoring;
using Stash.Core.Monitoring.Cluster;

namespace Stash.Core.Tests.Monitoring.Cluster;

public sealed class ClusterManifestTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 26, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Settings_are_told_with_what_was_made_of_them()
    {
        PrometheusState prometheus = new() { Namespace = "monitoring", Name = "k8s", Selected = "True" };
        var told = ClusterManifest.Of(Resource(3, new MonitoringResourceStatus
        {
            ObservedGeneration = 3,
            Created = [Created("monitoring.coreos.com/v1", "ServiceMonitor", "monitoring", "stash-servicemonitor", Noon), Created("rbac.authorization.k8s.io/v1", "ClusterRole", null, "stash-metrics-reader-stash", Noon.AddHours(-1))],
            Conditions = [Condition(MonitoringCondition.Scraped, "True", "Selected", "k8s selects it.", Noon.AddMinutes(5))],
            Prometheuses = [prometheus],
        }));

        (told.Metadata.Namespace, told.Metadata.Generation, told.Metadata.ResourceVersion).ShouldBe(("stash", 3L, "u-3"));
        told.Spec.Agent.ShouldBe("prometheus.io/builtin");
        var status = told.Status!;
        status.Created.ShouldBe(["ServiceMonitor monitoring/stash-servicemonitor", "ClusterRole stash-metrics-reader-stash"]);
        (status.AppliedTime, status.ObservedGeneration, status.Error).ShouldBe((Noon.AddMinutes(5), 3L, null));
        status.Conditions.ShouldHaveSingleItem().Message.ShouldBe("k8s selects it.");
        status.Prometheuses.ShouldBe([prometheus]);
    }

    [Fact]
    public void The_worst_condition_is_the_error()
    {
        MonitoringCondition[] conditions =
        [
            Condition(MonitoringCondition.Scraped, "False", "NotSelected", "Nobody selects it.", Noon),
            Condition(MonitoringCondition.ServiceAnnotated, "False", MonitoringCondition.NotWanted, "The agent needs none.", Noon),
            Condition(MonitoringCondition.AccessGranted, "Unknown", "Throttled", "Too busy.", Noon),
            Condition(MonitoringCondition.SecretCopied, "False", "Forbidden", "The operator may not.", Noon),
        ];
        Error(3, 3, conditions).ShouldBe("The operator may not.");
        Error(3, 3, conditions[..3]).ShouldBe("Nobody selects it.");
        Error(3, 3, conditions[1..3]).ShouldBeNull();
    }

    [Fact]
    public void What_is_told_of_older_settings_is_no_error_of_these()
    {
        Error(4, 3, Condition(MonitoringCondition.SecretCopied, "False", "Forbidden", "The operator may not.", Noon)).ShouldBeNull();
        var status = ClusterManifest.Of(Resource(1, null)).Status!;
        (status.ObservedGeneration, status.AppliedTime, status.Error).ShouldBe((null, null, null));
    }

    [Fact]
    public void Settings_that_go_or_are_not_there_are_told_so()
    {
        var going = Resource(1, null);
        going.Metadata.DeletionTimestamp = Noon.UtcDateTime;
        ClusterManifest.Of(going).Status!.Error.ShouldBe("The settings are being deleted: what they had made goes with them.");

        var none = ClusterManifest.None("stash", "There are none.");
        (none.Metadata.ResourceVersion, none.Metadata.Namespace, none.Spec.Agent, none.Status!.Error).ShouldBe((ClusterManifest.NoVersion, "stash", "none", "There are none."));
    }

    [Fact]
    public void The_version_changes_with_the_settings_and_not_with_their_status()
    {
        var one = Resource(1, null);
        one.Metadata.ResourceVersion = "10";
        var same = Resource(1, new MonitoringResourceStatus { ObservedGeneration = 1 });
        same.Metadata.ResourceVersion = "11";
        ClusterManifest.VersionOf(one).ShouldBe(ClusterManifest.VersionOf(same));
        ClusterManifest.VersionOf(Resource(2, null)).ShouldNotBe(ClusterManifest.VersionOf(one));
        same.Metadata.Uid = "made-anew";
        ClusterManifest.VersionOf(same).ShouldNotBe(ClusterManifest.VersionOf(one));
    }

    private static string? Error(long generation, long observed, params MonitoringCondition[] conditions) =>
        ClusterManifest.Of(Resource(generation, new MonitoringResourceStatus { ObservedGeneration = observed, Conditions = conditions })).Status!.Error;

    private static MonitoringResource Resource(long generation, MonitoringResourceStatus? status) => new()
    {
        Metadata = new V1ObjectMeta { Name = "stash", NamespaceProperty = "stash", Uid = "u", Generation = generation },
        Spec = new MonitoringSpec { Agent = "builtin" },
        Status = status,
    };

    private static CreatedObject Created(string version, string kind, string? @namespace, string name, DateTimeOffset time) => new() { ApiVersion = version, Kind = kind, Namespace = @namespace, Name = name, Time = time };

    private static MonitoringCondition Condition(string type, string status, string reason, string message, DateTimeOffset time) => new() { Type = type, Status = status, Reason = reason, Message = message, LastTransitionTime = time };
}
