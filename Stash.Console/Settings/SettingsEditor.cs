using Stash.Core.Monitoring;

namespace Stash.Console.Settings;

/// <summary>
/// An edit of the monitoring settings: what was read, what is typed, and what somebody else has saved meanwhile. Nothing of either
/// is dropped without a decision.
/// </summary>
public sealed class SettingsEditor(MonitoringManifest read)
{
    /// <summary>The settings that the edit began with; a save sends their resource version.</summary>
    public MonitoringManifest Saved { get; private set; } = read;

    public SettingsForm Form { get; private set; } = SettingsForm.From(read.Spec);

    /// <summary>What somebody else has saved while this form was edited; null where nobody has.</summary>
    public MonitoringManifest? Theirs { get; private set; }

    /// <summary>Grows each time the form is filled anew.</summary>
    public int Generation { get; private set; }

    public bool IsEdited => !Form.IsValid || !SettingsFields.Equal(Form.ToSpec(), Saved.Spec);

    public bool CanSave => IsEdited && Form.IsValid && Theirs is null;

    public IReadOnlyList<SettingsDifference> Differences => Theirs is null ? [] : SettingsFields.Differences(Saved.Spec, Form.ToSpec(), Theirs.Spec);

    /// <summary>The settings to save or to preview.</summary>
    public MonitoringManifest ToManifest() => Saved with { Spec = Form.ToSpec(), Status = null };

    /// <summary>Takes in the settings as they are now, from a change or a reading.</summary>
    public void Take(MonitoringManifest now)
    {
        var edited = IsEdited;
        if (SettingsFields.Equal(now.Spec, Saved.Spec))
        {
            // Only status or version, or somebody's change taken back.
            Saved = now;
            Theirs = null;
        }
        else if (!edited)
        {
            Fill(now, now.Spec);
        }
        else if (Form.IsValid && SettingsFields.Equal(now.Spec, Form.ToSpec()))
        {
            Saved = now;
            Theirs = null;
        }
        else
        {
            Theirs = now;
        }
    }

    /// <summary>The settings as this form saved them. What was typed since they were sent stays, as an edit of them.</summary>
    /// <param name="sent">What the form was when they were sent.</param>
    /// <param name="saved">What the operator answered.</param>
    public void TakeSaved(MonitoringSpec sent, MonitoringManifest saved)
    {
        if (Form.IsValid && SettingsFields.Equal(Form.ToSpec(), sent))
        {
            Fill(saved, saved.Spec);
            return;
        }

        Saved = saved;
        // Ours, where the news of it came before the answer.
        Theirs = null;
    }

    /// <summary>Drops what is typed for what somebody else has saved.</summary>
    public void TakeTheirs()
    {
        if (Theirs is { } theirs)
        {
            Fill(theirs, theirs.Spec);
        }
    }

    /// <summary>Puts what is changed here on top of what somebody else has saved; it is then saved as a change of theirs.</summary>
    public void ReapplyMine()
    {
        if (Theirs is not { } theirs)
        {
            return;
        }

        // A row that is not a label yet is kept beside those that are.
        List<LabelRow> unfinished = [.. Form.Labels.Where(row => Form.LabelError(row) is not null)];
        Fill(theirs, SettingsFields.Join(Saved.Spec, Form.ToSpec(), theirs.Spec));
        Form.Labels.AddRange(unfinished.Where(row => !Form.Labels.Exists(other => other.Key == row.Key.Trim() && other.Value == row.Value.Trim())));
    }

    public void Discard() => Fill(Theirs ?? Saved, (Theirs ?? Saved).Spec);

    private void Fill(MonitoringManifest saved, MonitoringSpec spec)
    {
        Saved = saved;
        Form = SettingsForm.From(spec);
        Theirs = null;
        Generation++;
    }
}
