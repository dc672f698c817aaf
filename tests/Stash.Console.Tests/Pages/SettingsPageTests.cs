using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using MudBlazor;
using Stash.Console.Components.Controls;
using Stash.Console.Components.Pages;
using Stash.Console.Tests.Support;
using Stash.Core.Api;
using Stash.Core.Monitoring;
using Stash.Core.Monitoring.Embedded;

namespace Stash.Console.Tests.Pages;

public sealed class SettingsPageTests
{
    private const string Snippet = "prometheus/stash-scrape.yml";

    [Fact]
    public async Task Shows_a_skeleton_until_the_operator_has_answered()
    {
        await using var context = await StartAsync();
        var gate = new TaskCompletionSource();
        context.Operator.Gate = gate.Task;

        var page = context.Render<SettingsPage>();
        page.Find("[role=status]").GetAttribute("aria-label").ShouldBe("Loading the settings");
        page.FindAll("form").ShouldBeEmpty();

        gate.SetResult();
        page.WaitForElement("form");
    }

    [Fact]
    public async Task With_the_operator_away_says_why_and_comes_back_by_itself()
    {
        await using var context = await StartAsync();
        await context.Operator.DownAsync();

        var page = context.Render<SettingsPage>();
        page.WaitForElement(".page-message [role=alert]").TextContent.ShouldContain("does not answer");

        await context.Operator.UpAsync();
        page.WaitForElement("form");
    }

    [Fact]
    public async Task Shows_the_settings_and_each_agent_in_a_sentence()
    {
        await using var context = await StartAsync(new MonitoringSpec { Agent = "coreos-operator", Backup = true, Prometheus = new() { Namespace = "monitoring" } });

        var page = await OpenAsync(context);

        page.FindAll(".settings-agent strong").Select(e => e.TextContent).ShouldBe(["None", "Prometheus (builtin)", "Prometheus operator (coreos-operator)"]);
        Agent(page).ShouldBe(MonitoringAgent.CoreosOperator);
        page.FindAll(".settings-agent .faint").ShouldAllBe(e => e.TextContent.EndsWith('.') && e.TextContent.Length > 30);
        Switches(page).ShouldBe([true, false]);
        page.Find("#prometheus-namespace").GetAttribute("value").ShouldBe("monitoring");
        Rows(page).ShouldBe(["app=stash"]);
        SaveButton(page).HasAttribute("disabled").ShouldBeTrue();
        page.Find(".settings-save-text").TextContent.Trim().ShouldBe("No changes.");
    }

    [Fact]
    public async Task Previews_what_saving_would_do_as_settings_are_typed()
    {
        await using var context = await StartAsync();
        var page = await OpenAsync(context);
        page.WaitForAssertion(() => page.Find(".preview-body").TextContent.ShouldContain("With agent none nothing is written."));

        await ChooseAsync(page, MonitoringAgent.Builtin);
        page.Find(".settings-hint").TextContent.ShouldBe("Nothing is scraped until one of these is on.");
        page.WaitForAssertion(() => page.Find(".preview-body").TextContent.ShouldContain("Nothing is written until session or operator metrics are on."));

        await SwitchAsync(page, 0);

        page.WaitForAssertion(() => page.FindAll(".preview-item").Count.ShouldBe(2));
        page.FindAll(".preview-action").Select(a => a.TextContent).ShouldBe(["Create", "Create"]);
        page.FindAll(".preview-name code").Select(a => a.TextContent).ShouldBe([Snippet, "prometheus/targets/stash-pushgateway.json"]);
        page.Find("pre.preview-text").TextContent.ShouldContain("job_name: stash-pushgateway");
        page.Find("#preview-title").TextContent.ShouldBe("What saving would do");
        page.Find(".settings-hint").TextContent.ShouldBe("");
    }

    [Fact]
    public async Task Previews_an_update_as_a_comparison_and_a_deletion_with_what_goes()
    {
        await using var context = await StartAsync();
        context.Operator.Preview = _ => new SettingsPreview
        {
            Errors = [],
            Items =
            [
                new PreviewItem { Action = "update", Kind = "ServiceMonitor", Name = "a.yaml", Content = "one\nthree\n", Before = "one\ntwo\n" },
                new PreviewItem { Action = "delete", Kind = "Prometheus targets", Name = "b.json", Content = "", Before = "gone\n" },
                new PreviewItem { Action = "keep", Kind = "Prometheus targets", Name = "c.json", Content = "same\n", Before = "same\n" },
            ],
        };

        var page = await OpenAsync(context);

        page.WaitForAssertion(() => page.FindAll(".preview-action").Select(a => a.TextContent).ShouldBe(["Update", "Delete", "Keep"]));
        var texts = page.FindAll("pre.preview-text");
        texts[0].QuerySelector(".preview-added")!.TextContent.ShouldBe("+ three\n");
        texts[0].QuerySelector(".preview-removed")!.TextContent.ShouldBe("- two\n");
        texts[1].TextContent.ShouldBe("gone\n");
        texts[2].TextContent.ShouldBe("same\n");
        page.FindAll(".preview-copy button").Select(b => b.GetAttribute("data-copy")).ShouldBe(["one\nthree\n", "gone\n", "same\n"]);
    }

    [Fact]
    public async Task A_preview_that_cannot_be_had_keeps_the_last_one_and_says_so()
    {
        await using var context = await StartAsync(new MonitoringSpec { Agent = MonitoringAgent.Builtin, Backup = true });
        var page = await OpenAsync(context);
        page.WaitForAssertion(() => page.FindAll(".preview-item").Count.ShouldBe(2));

        context.Operator.Refuse = request => Refused(request, ApiPaths.SettingsPreview, 503);
        await SwitchAsync(page, 1);

        page.WaitForAssertion(() => page.Find(".preview-state").TextContent.ShouldContain("not current"));
        page.FindAll(".preview-item").Count.ShouldBe(2);
        page.Find(".preview-body").ClassList.ShouldContain("preview-stale");
    }

    [Fact]
    public async Task Checks_the_namespace_as_it_is_typed_and_previews_nothing_wrong()
    {
        await using var context = await StartAsync();
        var page = await OpenAsync(context);
        page.WaitForAssertion(() => page.FindAll(".panel-none").ShouldNotBeEmpty());
        var previews = context.Operator.Requests.Count(r => r == ApiPaths.SettingsPreview);

        await TypeAsync(page, () => page.Find("#prometheus-namespace"), "Not_A_Namespace");

        page.WaitForAssertion(() => page.Find("#prometheus-namespace").GetAttribute("aria-invalid").ShouldBe("true"));
        page.Find(".settings-namespace").TextContent.ShouldContain("\"Not_A_Namespace\" is not a namespace");
        page.Find(".settings-save-text").TextContent.Trim().ShouldBe("Put right what is marked, then save.");
        page.Find(".preview-state").TextContent.ShouldBe("of the last valid settings");
        SaveButton(page).HasAttribute("disabled").ShouldBeTrue();
        context.Operator.Requests.Count(r => r == ApiPaths.SettingsPreview).ShouldBe(previews);

        await TypeAsync(page, () => page.Find("#prometheus-namespace"), "monitoring");
        page.WaitForAssertion(() => SaveButton(page).HasAttribute("disabled").ShouldBeFalse());
        page.Find(".settings-namespace").TextContent.ShouldNotContain("is not a namespace");
    }

    [Fact]
    public async Task Adds_edits_and_removes_labels()
    {
        await using var context = await StartAsync(new MonitoringSpec { Agent = MonitoringAgent.CoreosOperator, Backup = true });
        var page = await OpenAsync(context);

        await ClickAsync(page, () => page.Find(".labels-add"));
        page.Find(".settings-save-text").TextContent.Trim().ShouldBe("No changes.");
        await TypeAsync(page, () => Inputs(page)[2], "release");
        await TypeAsync(page, () => Inputs(page)[3], "prom");
        await TypeAsync(page, () => Inputs(page)[1], "other");

        page.WaitForAssertion(() => Rows(page).ShouldBe(["app=other", "release=prom"]));
        page.WaitForAssertion(() => page.Find("pre.preview-text").TextContent.ShouldContain("release: prom"));

        await ClickAsync(page, () => page.Find("button[aria-label='Remove label app']"));
        page.WaitForAssertion(() => Rows(page).ShouldBe(["release=prom"]));

        await SubmitAsync(page);
        page.WaitForAssertion(() => context.Operator.Settings.Spec.ServiceMonitor.Labels.ShouldBe(new Dictionary<string, string>(StringComparer.Ordinal) { ["release"] = "prom" }));
    }

    [Fact]
    public async Task Checks_labels_as_they_are_typed()
    {
        await using var context = await StartAsync(new MonitoringSpec { Agent = MonitoringAgent.CoreosOperator, Backup = true });
        var page = await OpenAsync(context);

        await TypeAsync(page, () => Inputs(page)[0], "-bad");
        page.WaitForAssertion(() => page.Find("#labels-error").TextContent.ShouldContain("\"-bad\" is not a label key"));
        Inputs(page)[0].GetAttribute("aria-invalid").ShouldBe("true");
        SaveButton(page).HasAttribute("disabled").ShouldBeTrue();

        await ClickAsync(page, () => page.Find(".labels-add"));
        await TypeAsync(page, () => Inputs(page)[3], "not ok");
        page.WaitForAssertion(() => page.Find("#labels-error").TextContent.ShouldEndWith("And 1 more."));

        await TypeAsync(page, () => Inputs(page)[0], "app");
        await TypeAsync(page, () => Inputs(page)[2], "app");
        page.WaitForAssertion(() => page.Find("#labels-error").TextContent.ShouldBe("\"app\" is there more than once: keep one of them."));

        await TypeAsync(page, () => Inputs(page)[2], "team");
        await TypeAsync(page, () => Inputs(page)[3], "ops");
        page.WaitForAssertion(() => page.Find("#labels-error").TextContent.ShouldBe(""));
        SaveButton(page).HasAttribute("disabled").ShouldBeFalse();
    }

    [Fact]
    public async Task Labels_are_off_and_kept_where_the_agent_does_not_use_them()
    {
        await using var context = await StartAsync(new MonitoringSpec { Agent = MonitoringAgent.Builtin, Backup = true });
        var page = await OpenAsync(context);

        page.Find("fieldset.labels").HasAttribute("disabled").ShouldBeTrue();
        page.Find("#labels-hint").TextContent.ShouldContain("Prometheus operator only. They are kept");
        Rows(page).ShouldBe(["app=stash"]);

        await ChooseAsync(page, MonitoringAgent.CoreosOperator);
        page.Find("fieldset.labels").HasAttribute("disabled").ShouldBeFalse();

        // A wrong one stays open to be put right: it would keep the rest from being saved.
        await TypeAsync(page, () => Inputs(page)[0], "-bad");
        page.WaitForAssertion(() => page.Find("#labels-error").TextContent.ShouldNotBeEmpty());
        await ChooseAsync(page, MonitoringAgent.None);
        page.Find("fieldset.labels").HasAttribute("disabled").ShouldBeFalse();
    }

    [Fact]
    public async Task Without_labels_says_what_that_means()
    {
        await using var context = await StartAsync(new MonitoringSpec { Agent = MonitoringAgent.CoreosOperator, ServiceMonitor = new() { Labels = new Dictionary<string, string>(StringComparer.Ordinal) } });

        var page = await OpenAsync(context);

        page.Find(".labels-none").TextContent.ShouldContain("does not find the ServiceMonitor");
    }

    [Fact]
    public async Task Saves_and_says_so()
    {
        await using var context = await StartAsync();
        var page = await OpenAsync(context);
        await ChooseAsync(page, MonitoringAgent.Builtin);
        await SwitchAsync(page, 0);
        page.Find(".settings-save-text").TextContent.Trim().ShouldBe("Changes are not saved yet.");

        await SubmitAsync(page);

        page.WaitForAssertion(() => page.Find(".settings-save-text").TextContent.Trim().ShouldBe("No changes."));
        context.Operator.Settings.Spec.ShouldSatisfyAllConditions(s => s.Agent.ShouldBe(MonitoringAgent.Builtin), s => s.Backup.ShouldBeTrue());
        Toasts(context).ShouldBe(["Settings saved and in effect."]);
        page.Find("#preview-title").TextContent.ShouldBe("What these settings make");
    }

    [Fact]
    public async Task What_is_changed_while_it_saves_is_kept_as_a_change()
    {
        await using var context = await StartAsync();
        var page = await OpenAsync(context);
        await ChooseAsync(page, MonitoringAgent.Builtin);
        TaskCompletionSource answered = new();
        context.Operator.Gate = answered.Task;

        var saving = SubmitAsync(page);
        page.WaitForAssertion(() => page.Markup.ShouldContain("Saving …"));
        var switching = SwitchAsync(page, 0);
        answered.SetResult();
        await Task.WhenAll(saving, switching);

        page.WaitForAssertion(() => Toasts(context).ShouldBe(["Settings saved and in effect."]));
        page.Find(".settings-save-text").TextContent.Trim().ShouldBe("Changes are not saved yet.");
        context.Operator.Settings.Spec.ShouldSatisfyAllConditions(s => s.Agent.ShouldBe(MonitoringAgent.Builtin), s => s.Backup.ShouldBeFalse());
        await SubmitAsync(page);
        page.WaitForAssertion(() => page.Find(".settings-save-text").TextContent.Trim().ShouldBe("No changes."));
        context.Operator.Settings.Spec.Backup.ShouldBeTrue();
    }

    [Fact]
    public async Task Discards()
    {
        await using var context = await StartAsync();
        var page = await OpenAsync(context);
        await ChooseAsync(page, MonitoringAgent.Builtin);
        await TypeAsync(page, () => page.Find("#prometheus-namespace"), "Wrong One");
        page.WaitForAssertion(() => page.Find("#prometheus-namespace").GetAttribute("aria-invalid").ShouldBe("true"));

        await ClickAsync(page, () => Button(page, "Discard"));

        Agent(page).ShouldBe(MonitoringAgent.None);
        page.Find("#prometheus-namespace").GetAttribute("value").ShouldBeNullOrEmpty();
        Button(page, "Discard").HasAttribute("disabled").ShouldBeTrue();
    }

    [Fact]
    public async Task Not_saved_while_the_operator_is_away_keeps_the_changes()
    {
        await using var context = await StartAsync();
        var page = await OpenAsync(context);
        await SwitchAsync(page, 0);
        await context.Operator.DownAsync();

        await SubmitAsync(page);

        page.WaitForAssertion(() => page.Find(".settings-save-problem").TextContent.ShouldContain("Your changes are kept here."));
        Switches(page)[0].ShouldBeTrue();

        await context.Operator.UpAsync();
        await Eventually.Holds(() => context.Operator.OpenStreams == 1, "the feed comes back");
        await SubmitAsync(page);
        page.WaitForAssertion(() => context.Operator.Settings.Spec.Backup.ShouldBeTrue());
    }

    [Fact]
    public async Task What_the_operator_finds_wrong_is_shown()
    {
        await using var context = await StartAsync();
        var page = await OpenAsync(context);
        await SwitchAsync(page, 0);
        context.Operator.Refuse = request => request.Method == "PUT"
            ? new KubernetesStatus { Code = 422, Reason = "Invalid", Message = "invalid", Details = new() { Causes = [new("FieldValueInvalid", "this agent is not for here.", "spec.agent")] } }
            : null;

        await SubmitAsync(page);

        page.WaitForAssertion(() => page.Find(".settings-save-problem").TextContent.ShouldBe("this agent is not for here."));
    }

    [Fact]
    public async Task An_unedited_form_follows_a_change_by_hand()
    {
        await using var context = await StartAsync();
        var page = await OpenAsync(context);

        context.Operator.ChangeSettings(s => s with { Spec = new MonitoringSpec { Agent = MonitoringAgent.Builtin, Operator = true, Prometheus = new() { Namespace = "by-hand" } } });

        page.WaitForAssertion(() => Agent(page).ShouldBe(MonitoringAgent.Builtin));
        page.Find("#prometheus-namespace").GetAttribute("value").ShouldBe("by-hand");
        page.FindAll(".conflict").ShouldBeEmpty();
    }

    [Fact]
    public async Task An_edited_form_shows_theirs_and_can_take_them()
    {
        await using var context = await StartAsync();
        var page = await OpenAsync(context);
        await ChooseAsync(page, MonitoringAgent.CoreosOperator);

        context.Operator.ChangeSettings(s => s with { Spec = new MonitoringSpec { Agent = MonitoringAgent.Builtin, Operator = true } });

        page.WaitForElement(".conflict");
        page.FindAll(".conflict tbody tr").Select(r => string.Join(" | ", r.Children.Select(c => c.TextContent.Trim()))).ShouldBe(
            ["Agent both changed it | prometheus.io/coreos-operator | prometheus.io/builtin", "Operator metrics | off | on"]);
        Agent(page).ShouldBe(MonitoringAgent.CoreosOperator);
        SaveButton(page).HasAttribute("disabled").ShouldBeTrue();
        page.Find(".settings-save-text").TextContent.Trim().ShouldStartWith("Decide");

        await ClickAsync(page, () => Button(page, "Take theirs, drop mine"));

        page.FindAll(".conflict").ShouldBeEmpty();
        Agent(page).ShouldBe(MonitoringAgent.Builtin);
        page.Find(".settings-save-text").TextContent.Trim().ShouldBe("No changes.");
    }

    [Fact]
    public async Task An_edited_form_can_be_put_on_top_of_theirs_and_saved()
    {
        await using var context = await StartAsync();
        var page = await OpenAsync(context);
        await SwitchAsync(page, 0);
        context.Operator.ChangeSettings(s => s with { Spec = new MonitoringSpec { Agent = MonitoringAgent.Builtin, Operator = true } });
        page.WaitForElement(".conflict");

        await ClickAsync(page, () => Button(page, "Keep theirs and put my changes on top"));
        page.FindAll(".conflict").ShouldBeEmpty();
        await SubmitAsync(page);

        page.WaitForAssertion(() => context.Operator.Settings.Spec.ShouldSatisfyAllConditions(
            s => s.Agent.ShouldBe(MonitoringAgent.Builtin), s => s.Operator.ShouldBeTrue(), s => s.Backup.ShouldBeTrue()));
    }

    [Fact]
    public async Task A_refused_save_reads_what_the_other_saved()
    {
        await using var context = await StartAsync();
        var page = await OpenAsync(context);
        await SwitchAsync(page, 0);
        var theirs = new MonitoringSpec { Agent = MonitoringAgent.Builtin };
        await context.Feed.StopAsync(Xunit.TestContext.Current.CancellationToken);
        context.Operator.ChangeSettings(s => s with { Spec = theirs });

        await SubmitAsync(page);

        page.WaitForElement(".conflict");
        context.Operator.Settings.Spec.ShouldBe(theirs);
        Switches(page)[0].ShouldBeTrue();
        Toasts(context).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_refused_save_that_leaves_nothing_to_decide_goes_through()
    {
        await using var context = await StartAsync();
        var page = await OpenAsync(context);
        await SwitchAsync(page, 0);
        await context.Feed.StopAsync(Xunit.TestContext.Current.CancellationToken);
        context.Operator.ChangeSettings(s => s);

        await SubmitAsync(page);

        page.WaitForAssertion(() => context.Operator.Settings.Spec.Backup.ShouldBeTrue());
        page.FindAll(".conflict").ShouldBeEmpty();
    }

    [Fact]
    public async Task An_invalid_file_is_shown_with_its_error_until_it_is_right()
    {
        await using var context = await StartAsync();
        var page = await OpenAsync(context);

        context.Operator.ChangeSettings(s => s with { Status = new MonitoringStatus { Error = "monitoring.yaml: spec.agent: \"nagios\" is not an agent." } });

        page.WaitForElement(".settings-invalid").TextContent.ShouldContain("\"nagios\" is not an agent.");
        page.Find(".settings-invalid").GetAttribute("role").ShouldBe("alert");
        page.Find(".settings-invalid").TextContent.ShouldContain("monitoring.yaml.bak");
        page.Find(".status-line").TextContent.ShouldContain("not in effect");

        context.Operator.ChangeSettings(s => s with { Status = new MonitoringStatus { AppliedTime = DateTimeOffset.UtcNow } });
        page.WaitForAssertion(() => page.FindAll(".settings-invalid").ShouldBeEmpty());
    }

    [Fact]
    public async Task Says_when_it_was_applied_and_what_exists()
    {
        await using var context = await StartAsync();
        var page = await OpenAsync(context);
        page.Find(".status-line").TextContent.ShouldContain("Not applied yet");
        page.Find(".status-head").TextContent.ShouldBe("Nothing is written because of the settings.");

        var applied = new DateTimeOffset(2026, 11, 24, 15, 0, 0, TimeSpan.Zero);
        context.Operator.ChangeSettings(s => s with { Status = new MonitoringStatus { AppliedTime = applied, Created = ["kubernetes/stash-servicemonitor.yaml"] } });

        page.WaitForAssertion(() => page.Find(".status-line").TextContent.ShouldContain("Applied 2026-11-24 15:00:00 UTC"));
        page.Find(".status-files li").TextContent.ShouldBe(context.Operator.Folder.In("kubernetes/stash-servicemonitor.yaml"));
    }

    [Fact]
    public async Task With_builtin_says_how_to_include_the_snippet()
    {
        await using var context = await StartAsync(new MonitoringSpec { Agent = MonitoringAgent.Builtin, Backup = true, Operator = true }, new MonitoringStatus { Created = [Snippet] });
        var path = context.Operator.Folder.In(Snippet);

        var page = await OpenAsync(context);

        var include = page.FindComponent<ScrapeInclude>();
        include.FindAll("button.copy").Select(b => b.GetAttribute("data-copy")).ShouldBe([path, $"scrape_config_files:\n  - {path}\n", $"prometheus \\\n  --config.file={path}"]);
        include.Markup.ShouldContain("Prometheus 2.43 or newer");
        include.Find(".include-last").TextContent.ShouldContain(context.Operator.Folder.MetricsToken);
    }

    [Fact]
    public async Task Without_builtin_there_is_nothing_to_include()
    {
        await using var context = await StartAsync(new MonitoringSpec { Agent = MonitoringAgent.CoreosOperator, Backup = true }, new MonitoringStatus { Created = ["kubernetes/stash-servicemonitor.yaml"] });

        var page = await OpenAsync(context);

        page.FindComponents<ScrapeInclude>().ShouldBeEmpty();
    }

    [Fact]
    public async Task Leaving_with_changes_asks_and_stays()
    {
        await using var context = await StartAsync();
        var dialogs = context.Render<MudDialogProvider>();
        var page = await OpenAsync(context);
        await SwitchAsync(page, 0);

        var before = context.Navigation.Uri;
        await page.InvokeAsync(() => context.Navigation.NavigateTo("/sessions/x"));
        dialogs.WaitForElement(".mud-dialog").TextContent.ShouldContain("Leave without saving?");
        await ClickAsync(dialogs, () => Button(dialogs, "Stay"));

        dialogs.WaitForAssertion(() => dialogs.FindAll(".mud-dialog").ShouldBeEmpty());
        context.Navigation.Uri.ShouldBe(before);
        Switches(page)[0].ShouldBeTrue();
    }

    [Fact]
    public async Task Leaving_with_changes_can_save_or_drop_them()
    {
        await using var context = await StartAsync();
        var dialogs = context.Render<MudDialogProvider>();
        var page = await OpenAsync(context);
        await SwitchAsync(page, 0);

        await page.InvokeAsync(() => context.Navigation.NavigateTo("/sessions/x"));
        dialogs.WaitForElement(".mud-dialog");
        await ClickAsync(dialogs, () => Button(dialogs, "Save and leave"));
        page.WaitForAssertion(() => context.Navigation.Uri.ShouldEndWith("/sessions/x"));
        context.Operator.Settings.Spec.Backup.ShouldBeTrue();

        await SwitchAsync(page, 0);
        await page.InvokeAsync(() => context.Navigation.NavigateTo("/sessions/y"));
        dialogs.WaitForElement(".mud-dialog");
        await ClickAsync(dialogs, () => Button(dialogs, "Leave without saving"));
        page.WaitForAssertion(() => context.Navigation.Uri.ShouldEndWith("/sessions/y"));
        context.Operator.Settings.Spec.Backup.ShouldBeTrue();
    }

    [Fact]
    public async Task Leaving_without_changes_asks_nothing()
    {
        await using var context = await StartAsync();
        var dialogs = context.Render<MudDialogProvider>();
        var page = await OpenAsync(context);

        await page.InvokeAsync(() => context.Navigation.NavigateTo("/sessions/x"));

        context.Navigation.Uri.ShouldEndWith("/sessions/x");
        dialogs.FindAll(".mud-dialog").ShouldBeEmpty();
    }

    private static async Task<ConsoleContext> StartAsync(MonitoringSpec? spec = null, MonitoringStatus? status = null)
    {
        var context = await ConsoleContext.StartAsync();
        if (spec is not null)
        {
            context.Operator.ChangeSettings(s => s with { Spec = spec, Status = status });
        }

        // What the operator itself would answer.
        var resources = new EmbeddedResources(context.Operator.Folder) { Endpoints = new ScrapeEndpoints { Gateway = "127.0.0.1:56789", Api = "127.0.0.1:8443" } };
        context.Operator.Preview = manifest => new SettingsPreview { Errors = [], Items = resources.Preview(MonitoringValidation.Canonical(manifest.Spec)) };
        return context;
    }

    private static Task<IRenderedComponent<SettingsPage>> OpenAsync(ConsoleContext context)
    {
        var page = context.Render<SettingsPage>();
        page.WaitForElement("form");
        return Task.FromResult(page);
    }

    private static Task ChooseAsync(IRenderedComponent<SettingsPage> page, string agent)
    {
        var place = MonitoringAgent.All.ToList().IndexOf(agent);
        return ClickAsync(page, () => page.FindAll(".settings-agent input")[place]);
    }

    private static Task SwitchAsync(IRenderedComponent<SettingsPage> page, int place) => page.InvokeAsync(() =>
    {
        var input = page.FindAll(".settings-switch input")[place];
        return input.ChangeAsync(new ChangeEventArgs { Value = input.GetAttribute("aria-checked") != "true" });
    });

    // Found and pressed in one step: a preview that arrives in between draws the page anew.
    private static Task ClickAsync<T>(IRenderedComponent<T> component, Func<AngleSharp.Dom.IElement> find)
        where T : IComponent => component.InvokeAsync(() => find().ClickAsync(new()));

    private static Task SubmitAsync(IRenderedComponent<SettingsPage> page) => page.InvokeAsync(() => page.Find("form").SubmitAsync());

    /// <summary>Does not wait for the preview that typing brings about.</summary>
    private static Task TypeAsync(IRenderedComponent<SettingsPage> page, Func<AngleSharp.Dom.IElement> find, string text) =>
        page.InvokeAsync(() => find().Input(text));

    private static string Agent(IRenderedComponent<SettingsPage> page) =>
        MonitoringAgent.All[page.FindAll(".settings-agent").Select(a => a.QuerySelector(".mud-checked") is not null).ToList().IndexOf(true)];

    private static IReadOnlyList<bool> Switches(IRenderedComponent<SettingsPage> page) =>
        [.. page.FindAll(".settings-switch input").Select(i => i.GetAttribute("aria-checked") == "true")];

    private static AngleSharp.Dom.IElement SaveButton(IRenderedComponent<SettingsPage> page) => page.Find("form button[type=submit]");

    private static AngleSharp.Dom.IElement Button<T>(IRenderedComponent<T> component, string text)
        where T : IComponent => component.FindAll("button").Single(b => b.TextContent.Trim() == text);

    private static IReadOnlyList<AngleSharp.Dom.IElement> Inputs(IRenderedComponent<SettingsPage> page) => [.. page.FindAll(".labels-row input")];

    private static IReadOnlyList<string> Rows(IRenderedComponent<SettingsPage> page) =>
        [.. page.FindAll(".labels-row").Select(r => string.Join('=', r.QuerySelectorAll("input").Select(i => i.GetAttribute("value"))))];

    private static IReadOnlyList<string?> Toasts(ConsoleContext context) =>
        [.. context.Services.GetRequiredService<ISnackbar>().ShownSnackbars.Select(s => s.Message)];

    private static KubernetesStatus? Refused(HttpRequest request, string path, int code) =>
        request.Path == path ? new KubernetesStatus { Code = code, Reason = "InternalError", Message = "no" } : null;
}
