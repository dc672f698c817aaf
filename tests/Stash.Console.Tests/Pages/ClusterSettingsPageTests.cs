using Bunit;
using Microsoft.Extensions.DependencyInjection;
using MudBlazor;
using Stash.Console.Components.Pages;
using Stash.Console.Tests.Support;
using Stash.Core.Api;
using Stash.Core.Monitoring;

namespace Stash.Console.Tests.Pages;

/// <summary>The settings page where the settings are a <c>Monitoring</c> of a cluster, for somebody who is signed in as themselves.</summary>
public sealed class ClusterSettingsPageTests
{
    private const string Token = "alices-token";

    private static readonly MonitoringSpec Selected = new() { Agent = MonitoringAgent.CoreosOperator, Backup = true, Prometheus = new() { Namespace = "monitoring" } };

    [Fact]
    public async Task Texts_are_of_a_cluster()
    {
        await using var context = await StartAsync();
        var page = Open(context);

        page.Find(".settings-head code").TextContent.ShouldBe("monitoring/stash --namespace backup");
        page.Find("#prometheus-namespace").GetAttribute("placeholder").ShouldBe("backup");
        page.Find(".settings-namespace").TextContent.ShouldContain("empty for the operator's own, backup.");
        page.FindAll(".settings-agent .faint")[1].TextContent.ShouldContain("annotates its Service");
        page.Markup.ShouldNotContain("monitoring.yaml");
        page.Find(".status-files").TextContent.ShouldContain("ServiceMonitor monitoring/stash-servicemonitor");
    }

    [Fact]
    public async Task A_cluster_without_settings_says_so_calmly()
    {
        await using var context = await StartAsync();
        const string None = "There is no Monitoring stash in namespace backup, so nobody scrapes: save settings, or apply one.";
        context.Operator.ChangeSettings(_ => new MonitoringManifest { Metadata = new MonitoringMetadata { Namespace = "backup" }, Status = new MonitoringStatus { Error = None } });
        var page = Open(context);

        page.Find(".settings-unset").TextContent.ShouldBe(None);
        page.FindAll("[role=alert]").ShouldBeEmpty();
        page.Find(".status-line").TextContent.Trim().ShouldBe("There is nothing to put into effect.");
        await SwitchAsync(page, 0);
        page.Find(".settings-save-text").TextContent.Trim().ShouldBe("Changes are not saved yet.");
    }

    [Fact]
    public async Task Each_condition_is_shown_with_state_reason_message_and_time()
    {
        await using var context = await StartAsync();
        var page = Open(context);

        page.FindAll(".condition").Select(c => c.ClassName).ShouldBe(["condition condition-calm", "condition condition-true", "condition condition-false", "condition condition-unknown"]);
        page.FindAll(".condition-head strong").Select(c => c.TextContent).ShouldBe(["Service annotated", "ServiceMonitor ready", "Certificate copied", "Scraped"]);
        var failed = page.Find(".condition-false");
        failed.QuerySelector("code")!.TextContent.ShouldBe("Forbidden");
        failed.TextContent.ShouldContain("may not create secrets in namespace monitoring.");
        failed.QuerySelector("stash-time")!.GetAttribute("datetime")!.ShouldStartWith("2026-11-26T03:00:00");
        page.Find(".status-line").TextContent.ShouldContain("Not all of it is in effect: 2 conditions need a look.");

        context.Operator.Settle(Good());
        page.WaitForAssertion(() => page.Find(".status-line").TextContent.ShouldContain("Applied"));
        page.FindAll(".condition-false, .condition-unknown").ShouldBeEmpty();
    }

    [Fact]
    public async Task After_a_save_the_conditions_are_followed_until_they_are_of_it()
    {
        await using var context = await StartAsync(Good());
        var page = Open(context);
        await SwitchAsync(page, 1);

        await SubmitAsync(page);

        page.WaitForAssertion(() => page.Find(".settings-save-text").TextContent.Trim().ShouldBe("Saved. The operator is taking it up …"));
        page.Find(".status-line").TextContent.ShouldContain("The operator is taking these settings up");
        Toasts(context).ShouldBeEmpty();
        context.Operator.Asked.ShouldContain((ApiPaths.Settings, Token));

        context.Operator.Settle(Good());
        page.WaitForAssertion(() => Toasts(context).ShouldBe(["Settings saved and in effect."]));
        page.Find(".settings-save-text").TextContent.Trim().ShouldBe("No changes.");
    }

    [Fact]
    public async Task A_save_that_does_not_come_into_effect_is_told_also_where_the_news_of_it_are_lost()
    {
        await using var context = await StartAsync(Good());
        var page = Open(context);
        await SwitchAsync(page, 1);
        await context.Feed.StopAsync(Xunit.TestContext.Current.CancellationToken);

        await SubmitAsync(page);
        context.Operator.Settle(Bad());

        page.WaitForAssertion(() => Toasts(context).ShouldBe(["Settings saved, but not all of it is in effect: see the conditions."]));
        page.FindAll(".condition-false").ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Older_news_do_not_undo_what_was_saved()
    {
        await using var context = await StartAsync(Good());
        var page = Open(context);
        var before = context.Operator.Settings;
        await SwitchAsync(page, 1);
        await SubmitAsync(page);
        page.WaitForAssertion(() => page.Find(".settings-save-text").TextContent.ShouldContain("taking it up"));

        context.Operator.Send(new(System.Text.Json.JsonSerializer.Serialize(before, StashJson.Default.MonitoringManifest), "settings"));
        context.Operator.Settle(Good());

        page.WaitForAssertion(() => Toasts(context).ShouldBe(["Settings saved and in effect."]));
        page.FindAll(".settings-switch input")[1].GetAttribute("aria-checked").ShouldBe("true");
    }

    [Fact]
    public async Task Where_no_Prometheus_selects_the_labels_the_nearest_ones_are_taken_over()
    {
        await using var context = await StartAsync();
        context.Operator.Preview = manifest => new SettingsPreview
        {
            Errors = [],
            Items = [new PreviewItem { Action = "create", Kind = "ServiceMonitor", Namespace = "monitoring", Name = "stash-servicemonitor", Content = "kind: ServiceMonitor\n", Failure = "You may not create servicemonitors in namespace monitoring." }],
            Warnings = ["Secret stash-apiserver-cert is not mounted.", "The label a is not 1."],
            Prometheuses =
            [
                new PrometheusState { Namespace = "other", Name = "far", Selected = "False", Selector = "a=1,b=2", SuggestedLabels = Labels(("a", "1"), ("b", "2")), Findings = ["The label a is not 1."] },
                manifest.Spec.ServiceMonitor.Labels.ContainsKey("release")
                    ? new PrometheusState { Namespace = "monitoring", Name = "main", Selected = "True", Selector = "release=prom", SuggestedLabels = Labels(("app", "stash"), ("release", "prom")) }
                    : new PrometheusState { Namespace = "monitoring", Name = "main", Selected = "False", Selector = "release=prom", SuggestedLabels = Labels(("app", "stash"), ("release", "prom")), Findings = ["The label release is missing."] },
            ],
        };
        var page = Open(context);

        page.WaitForAssertion(() => page.Find("#prometheuses-title").TextContent.ShouldBe("No Prometheus selects these labels"));
        page.Find(".prometheuses-suggestion").TextContent.ShouldContain("monitoring/main would, with these labels:");
        page.FindAll(".prometheuses-labels code").Select(c => c.TextContent).ShouldBe(["app=stash", "release=prom"]);
        page.FindAll(".prometheuses-finding").Select(c => c.TextContent).ShouldBe(["The label a is not 1.", "The label release is missing."]);
        page.FindAll(".preview-warning").ShouldHaveSingleItem().TextContent.ShouldContain("is not mounted");
        page.Find(".preview-name code").TextContent.ShouldBe("monitoring/stash-servicemonitor");
        page.Find(".preview-failure").TextContent.ShouldBe("You may not create servicemonitors in namespace monitoring.");

        await ClickAsync(page, "Use these labels");

        page.WaitForAssertion(() => page.Find("#prometheuses-title").TextContent.ShouldBe("A Prometheus selects these labels"));
        page.FindAll(".labels-row input").Select(i => i.GetAttribute("value")).ShouldBe(["app", "stash", "release", "prom"]);
        page.FindAll(".prometheuses-suggestion").ShouldBeEmpty();
        page.Find(".settings-save-text").TextContent.Trim().ShouldBe("Changes are not saved yet.");
    }

    [Fact]
    public async Task Who_may_not_change_them_reads_them()
    {
        await using var context = await StartAsync(edit: false);
        var page = Open(context);

        page.Find("[role=note]").TextContent.ShouldContain("You may look at these settings, not change them.");
        page.FindAll("form input").ShouldAllBe(i => i.HasAttribute("disabled"));
        page.FindAll("form button").ShouldAllBe(b => b.HasAttribute("disabled"));
        page.FindAll(".settings-save").ShouldBeEmpty();
        page.FindAll(".condition").ShouldNotBeEmpty();

        // The right comes while they look.
        var may = context.Operator.People[Token] = OperatorDouble.Who("alice", edit: true);
        await page.InvokeAsync(() => context.Person!.Learn(may));
        page.WaitForElement(".settings-save");
        page.FindAll("[role=note]").ShouldBeEmpty();
    }

    [Theory]
    [InlineData(403, "User \"alice\" cannot update resource \"monitorings\"", "Not saved: User \"alice\" cannot update resource \"monitorings\". Your changes are kept here.")]
    [InlineData(503, "the API server does not answer", "Not saved: The API server does not answer. Your changes are kept here.")]
    public async Task What_is_refused_loses_nothing(int code, string told, string shown)
    {
        await using var context = await StartAsync();
        var page = Open(context);
        await SwitchAsync(page, 1);
        context.Operator.Refuse = request => request.Method == "PUT" || request.Path == ApiPaths.SettingsPreview ? new KubernetesStatus { Code = code, Reason = "Refused", Message = told } : null;

        await SubmitAsync(page);

        page.WaitForAssertion(() => page.Find(".settings-save-problem").TextContent.ShouldBe(shown));
        page.FindAll(".settings-switch input")[1].GetAttribute("aria-checked").ShouldBe("true");
        context.Operator.Refuse = _ => null;
        await SubmitAsync(page);
        page.WaitForAssertion(() => context.Operator.Settings.Spec.Operator.ShouldBeTrue());
    }

    [Fact]
    public async Task Two_who_edit_at_once_get_a_conflict_and_lose_nothing()
    {
        await using var context = await StartAsync(Good());
        var page = Open(context);
        await SwitchAsync(page, 1);
        await context.Feed.StopAsync(Xunit.TestContext.Current.CancellationToken);
        context.Operator.ChangeSettings(s => s with { Spec = s.Spec with { Prometheus = new() { Namespace = "elsewhere" } } });

        await SubmitAsync(page);

        page.WaitForElement(".conflict").TextContent.ShouldContain("with kubectl, from Git or in another console");
        await ClickAsync(page, "Keep theirs and put my changes on top");
        await SubmitAsync(page);
        page.WaitForAssertion(() => context.Operator.Settings.Spec.ShouldSatisfyAllConditions(s => s.Operator.ShouldBeTrue(), s => s.Prometheus.Namespace.ShouldBe("elsewhere")));
        context.Operator.Settings.Metadata.Generation.ShouldBe(3);
    }

    private static async Task<ConsoleContext> StartAsync(MonitoringStatus? status = null, bool edit = true)
    {
        var context = await ConsoleContext.StartAsAsync(Token, "alice", edit: edit);
        context.Operator.MoveToCluster("backup", Selected, status ?? Bad());
        return context;
    }

    private static MonitoringStatus Bad() => new()
    {
        AppliedTime = DateTimeOffset.UtcNow,
        Created = ["ServiceMonitor monitoring/stash-servicemonitor"],
        Error = "may not create secrets in namespace monitoring.",
        Conditions =
        [
            Condition(MonitoringCondition.ServiceAnnotated, "False", "NotWanted", "The agent is prometheus.io/coreos-operator, which needs no annotations."),
            Condition(MonitoringCondition.ServiceMonitorReady, "True", "Applied", "ServiceMonitor stash-servicemonitor in namespace monitoring is as the settings want it."),
            Condition(MonitoringCondition.SecretCopied, "False", "Forbidden", "may not create secrets in namespace monitoring."),
            Condition(MonitoringCondition.Scraped, "Unknown", "Unreachable", "The API server does not answer."),
        ],
    };

    private static MonitoringStatus Good() => Bad() with { Error = null, Conditions = [Condition(MonitoringCondition.ServiceMonitorReady, "True", "Applied", "It is there.")] };

    private static MonitoringCondition Condition(string type, string status, string reason, string message) =>
        new() { Type = type, Status = status, Reason = reason, Message = message, LastTransitionTime = new DateTimeOffset(2026, 11, 26, 3, 0, 0, TimeSpan.Zero) };

    private static Dictionary<string, string> Labels(params (string Key, string Value)[] labels) => labels.ToDictionary(l => l.Key, l => l.Value, StringComparer.Ordinal);

    private static IRenderedComponent<SettingsPage> Open(ConsoleContext context)
    {
        var page = context.Render<SettingsPage>();
        page.WaitForElement("form");
        return page;
    }

    private static Task SwitchAsync(IRenderedComponent<SettingsPage> page, int place) => page.InvokeAsync(() =>
    {
        var input = page.FindAll(".settings-switch input")[place];
        return input.ChangeAsync(new() { Value = input.GetAttribute("aria-checked") != "true" });
    });

    private static Task SubmitAsync(IRenderedComponent<SettingsPage> page) => page.InvokeAsync(() => page.Find("form").SubmitAsync());

    private static Task ClickAsync(IRenderedComponent<SettingsPage> page, string text) =>
        page.InvokeAsync(() => page.FindAll("button").Single(b => b.TextContent.Trim() == text).ClickAsync(new()));

    private static IReadOnlyList<string?> Toasts(ConsoleContext context) =>
        [.. context.Services.GetRequiredService<ISnackbar>().ShownSnackbars.Select(s => s.Message)];
}
