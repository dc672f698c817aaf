using Stash.Console.Settings;
using Stash.Core.Monitoring;

namespace Stash.Console.Tests.Settings;

public sealed class SettingsEditorTests
{
    private static readonly MonitoringManifest Read = Manifest("1", MonitoringAgent.CoreosOperator, ("app", "stash"), ("release", "prom"));

    [Fact]
    public void Is_not_edited_as_read_nor_with_an_empty_row_nor_with_space_around_a_value()
    {
        var editor = new SettingsEditor(Read);
        editor.IsEdited.ShouldBeFalse();

        editor.Form.Labels.Add(new LabelRow());
        editor.Form.Labels[0].Value = " stash ";

        editor.IsEdited.ShouldBeFalse();
    }

    [Fact]
    public void An_unedited_form_takes_in_what_others_save()
    {
        var editor = new SettingsEditor(Read);

        editor.Take(Manifest("2", MonitoringAgent.None));

        editor.Form.Agent.ShouldBe(MonitoringAgent.None);
        editor.Form.Labels.ShouldBeEmpty();
        editor.Theirs.ShouldBeNull();
        editor.Generation.ShouldBe(1);
    }

    [Fact]
    public void A_new_version_of_the_same_settings_leaves_an_edit_alone()
    {
        var editor = new SettingsEditor(Read);
        editor.Form.Backup = true;

        editor.Take(Read with { Metadata = new() { ResourceVersion = "7" }, Status = new() { Error = "not valid" } });

        editor.Form.Backup.ShouldBeTrue();
        editor.Theirs.ShouldBeNull();
        editor.ToManifest().Metadata.ResourceVersion.ShouldBe("7");
        editor.CanSave.ShouldBeTrue();
    }

    [Fact]
    public void An_edited_form_keeps_both_and_asks()
    {
        var editor = new SettingsEditor(Read);
        editor.Form.Backup = true;

        editor.Take(Manifest("2", MonitoringAgent.Builtin, ("app", "stash"), ("release", "prom")));

        editor.Form.Backup.ShouldBeTrue();
        editor.CanSave.ShouldBeFalse();
        editor.Differences.Select(d => (d.Name, d.Mine, d.Theirs, d.IsClash)).ShouldBe(
        [
            ("Agent", MonitoringAgent.CoreosOperator, MonitoringAgent.Builtin, false),
            ("Session metrics", "on", "off", false),
        ]);
    }

    [Fact]
    public void What_is_typed_while_it_saves_stays_an_edit_and_the_news_of_the_save_is_nobody_elses()
    {
        var editor = new SettingsEditor(Read);
        editor.Form.Backup = true;
        var sent = editor.Form.ToSpec();
        var saved = Read with { Metadata = new() { ResourceVersion = "2" }, Spec = sent };

        editor.Form.Operator = true;
        editor.Take(saved);
        editor.TakeSaved(sent, saved);

        (editor.Form.Backup, editor.Form.Operator, editor.IsEdited, editor.CanSave).ShouldBe((true, true, true, true));
        editor.Theirs.ShouldBeNull();
        editor.ToManifest().Metadata.ResourceVersion.ShouldBe("2");
    }

    [Fact]
    public void What_nobody_has_touched_while_it_saved_is_as_the_operator_answers()
    {
        var editor = new SettingsEditor(Read);
        editor.Form.Agent = MonitoringAgent.None;
        var sent = editor.Form.ToSpec();

        editor.TakeSaved(sent, Read with { Metadata = new() { ResourceVersion = "2" }, Spec = sent });

        (editor.IsEdited, editor.Generation).ShouldBe((false, 1));
    }

    [Fact]
    public void A_change_taken_back_by_others_is_no_conflict_any_more()
    {
        var editor = new SettingsEditor(Read);
        editor.Form.Backup = true;
        editor.Take(Manifest("2", MonitoringAgent.None));

        editor.Take(Read with { Metadata = new() { ResourceVersion = "3" } });

        editor.Theirs.ShouldBeNull();
        editor.Form.Backup.ShouldBeTrue();
        editor.CanSave.ShouldBeTrue();
    }

    [Fact]
    public void Others_saving_the_very_same_is_no_conflict()
    {
        var editor = new SettingsEditor(Read);
        editor.Form.Agent = MonitoringAgent.Builtin;

        editor.Take(Read with { Metadata = new() { ResourceVersion = "2" }, Spec = Read.Spec with { Agent = "builtin" } });

        editor.Theirs.ShouldBeNull();
        editor.IsEdited.ShouldBeFalse();
    }

    [Fact]
    public void Reapplying_puts_mine_on_top_of_theirs_and_loses_neither()
    {
        var editor = new SettingsEditor(Read);
        editor.Form.Operator = true;
        editor.Form.Labels.RemoveAll(l => l.Key == "release");
        editor.Form.Labels.Add(new LabelRow { Key = "mine", Value = "1" });
        editor.Take(Manifest("2", MonitoringAgent.Builtin, ("app", "changed"), ("release", "prom"), ("theirs", "2")));

        editor.ReapplyMine();

        var spec = editor.Form.ToSpec();
        spec.Agent.ShouldBe(MonitoringAgent.Builtin);
        spec.Operator.ShouldBeTrue();
        spec.ServiceMonitor.Labels.Select(l => $"{l.Key}={l.Value}").ShouldBe(["app=changed", "mine=1", "theirs=2"], ignoreOrder: true);
        editor.ToManifest().Metadata.ResourceVersion.ShouldBe("2");
        editor.CanSave.ShouldBeTrue();
    }

    [Fact]
    public void Where_both_changed_the_same_mine_is_put_on_top_and_said_to_clash()
    {
        var editor = new SettingsEditor(Read);
        editor.Form.Agent = MonitoringAgent.None;
        editor.Take(Manifest("2", MonitoringAgent.Builtin, ("app", "stash"), ("release", "prom")));
        editor.Differences.ShouldHaveSingleItem().IsClash.ShouldBeTrue();

        editor.ReapplyMine();

        editor.Form.Agent.ShouldBe(MonitoringAgent.None);
    }

    [Fact]
    public void Reapplying_keeps_rows_that_are_no_labels_yet()
    {
        var editor = new SettingsEditor(Read);
        editor.Form.Labels.Add(new LabelRow { Key = "", Value = "half-typed" });
        editor.Form.Labels.Add(new LabelRow { Key = "app", Value = "twice" });
        editor.Take(Manifest("2", MonitoringAgent.None, ("app", "stash"), ("release", "prom")));

        editor.ReapplyMine();

        editor.Form.Labels.ShouldContain(l => l.Value == "half-typed");
        editor.Form.Labels.ShouldContain(l => l.Value == "twice");
        editor.Form.Agent.ShouldBe(MonitoringAgent.None);
    }

    [Fact]
    public void Taking_theirs_drops_mine()
    {
        var editor = new SettingsEditor(Read);
        editor.Form.Backup = true;
        editor.Take(Manifest("2", MonitoringAgent.None));

        editor.TakeTheirs();

        editor.Form.Backup.ShouldBeFalse();
        editor.Form.Agent.ShouldBe(MonitoringAgent.None);
        editor.IsEdited.ShouldBeFalse();
    }

    [Theory]
    [InlineData("", "", null)]
    [InlineData("release", "prom", null)]
    [InlineData("example.com/team", "", null)]
    [InlineData("", "value", "A value without a key")]
    [InlineData("-bad", "x", "is not a label key")]
    [InlineData("/x", "x", "before the '/'")]
    [InlineData("ok", "not ok", "is not a value")]
    [InlineData("app", "x", "more than once")]
    public void Labels_are_checked_by_Kubernetes_rules(string key, string value, string? error)
    {
        var form = SettingsForm.From(Read.Spec with { ServiceMonitor = new() { Labels = new Dictionary<string, string>(StringComparer.Ordinal) { ["app"] = "stash" } } });
        var row = new LabelRow { Key = key, Value = value };
        form.Labels.Add(row);

        if (error is null)
        {
            form.LabelError(row).ShouldBeNull();
        }
        else
        {
            form.LabelError(row)!.ShouldContain(error);
        }

        form.IsValid.ShouldBe(error is null);
    }

    private static MonitoringManifest Manifest(string version, string agent, params (string Key, string Value)[] labels) => new()
    {
        Metadata = new() { ResourceVersion = version },
        Spec = new() { Agent = agent, ServiceMonitor = new() { Labels = labels.ToDictionary(l => l.Key, l => l.Value, StringComparer.Ordinal) } },
    };
}
