using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Routing;
using MudBlazor;
using Stash.Console.Operator;
using Stash.Console.People;
using Stash.Console.Settings;
using Stash.Core.Api;
using Stash.Core.Configuration;
using Stash.Core.Monitoring;

namespace Stash.Console.Components.Pages;

/// <summary>
/// Edits the monitoring settings: checked as they are typed, previewed, saved with the version that was read. Changes made
/// elsewhere arrive live; what is typed here is never dropped without being asked.
/// </summary>
[Needs(Sight.Settings)]
public sealed partial class SettingsPage : IDisposable
{
    private const string SnippetName = "prometheus/stash-scrape.yml";

    private static readonly TimeSpan PreviewAfter = TimeSpan.FromMilliseconds(300);

    private static readonly TimeSpan FollowEvery = TimeSpan.FromSeconds(1);

    /// <summary>A controller that has not taken settings up by then is not there, or waits for something; the page then shows what there is.</summary>
    private static readonly TimeSpan LongestFollow = TimeSpan.FromMinutes(2);

    private readonly CancellationTokenSource _gone = new();
    private CancellationTokenSource? _previewing;
    private LiveSubscription? _subscription;
    private SettingsPreview? _preview;
    private string? _previewProblem;
    private string? _problem;
    private string? _saveProblem;
    private bool _previewPending;
    private bool _saving;
    private Person? _person;

    /// <summary>What was saved here and is not known to be in effect yet; null where there is no such thing.</summary>
    private long? _followed;

    [Inject]
    public required OperatorClient Operator { get; set; }

    [Inject]
    public required LiveFeed Feed { get; set; }

    [Inject]
    public required DataFolder Folder { get; set; }

    [Inject]
    public required TimeProvider Time { get; set; }

    [Inject]
    public required NavigationManager Navigation { get; set; }

    [Inject]
    public required IDialogService Dialogs { get; set; }

    [Inject]
    public required ISnackbar Snackbar { get; set; }

    [Inject]
    public required Visitor Visitor { get; set; }

    private SettingsEditor? Editor { get; set; }

    private SettingsWords Words => SettingsWords.Of(Editor?.Saved, Folder);

    private bool IsInCluster => Editor?.Saved.Metadata.Namespace is not null;

    /// <summary>A cluster that has no settings yet: nothing is wrong with that.</summary>
    private bool IsUnset => Editor?.Saved is { Metadata: { Namespace: not null, Generation: null }, Status.Error: not null };

    private bool MayEdit => _person?.May.EditSettings ?? true;

    /// <summary>Why they are not in effect, where no condition says it.</summary>
    private string? InvalidText => Editor?.Saved.Status is { Error: { } error } status && !status.Problems().Any(c => c.Message == error) ? error : null;

    /// <summary>Of the settings as typed, where the last preview is of them.</summary>
    private IReadOnlyList<PrometheusState> Prometheuses => Editor!.Form.Agent != MonitoringAgent.CoreosOperator ? []
        : _preview?.Prometheuses is { Count: > 0 } previewed ? previewed
        : !IsEdited ? Editor.Saved.Status?.Prometheuses ?? []
        : [];

    private bool IsEdited => Editor?.IsEdited ?? false;

    private string? NamespaceError => Editor!.Form.NamespaceError;

    private string NothingScraped => Editor!.Form is { Agent: not MonitoringAgent.None, Backup: false, Operator: false } ? "Nothing is scraped until one of these is on." : "";

    private string NothingCreated => Editor!.Form switch
    {
        { Agent: MonitoringAgent.None } => $"With agent none nothing is {Words.Made}.",
        { Backup: false, Operator: false } => $"Nothing is {Words.Made} until session or operator metrics are on.",
        _ => $"Nothing is {Words.Made} for these settings.",
    };

    private bool ShowsInclude => Editor?.Saved is { Spec.Agent: var agent, Status: { } status } && MonitoringAgent.Normalize(agent) == MonitoringAgent.Builtin && status.Created.Contains(SnippetName, StringComparer.Ordinal);

    private string SaveText => _saveProblem
        ?? (Editor!.Theirs is not null ? "Decide above what becomes of the two changes."
        : !IsEdited ? _followed is null ? "No changes." : "Saved. The operator is taking it up …"
        : Editor.Form.IsValid ? "Changes are not saved yet."
        : "Put right what is marked, then save.");

    protected override void OnInitialized()
    {
        if (RendererInfo.IsInteractive)
        {
            _subscription = Feed.Subscribe(change => _ = InvokeAsync(() => TakeAsync(change)));
        }
    }

    // Not while prerendering: the page shows at once, however long the operator takes.
    protected override async Task OnInitializedAsync()
    {
        if (!RendererInfo.IsInteractive)
        {
            return;
        }

        _person = await Visitor.PersonAsync();
        if (_person is not null)
        {
            _person.Changed += Show;
        }

        await LoadAsync();
    }

    public void Dispose()
    {
        if (_person is not null)
        {
            _person.Changed -= Show;
        }

        _subscription?.Dispose();
        _gone.Cancel();
        _gone.Dispose();
        _previewing?.Dispose();
    }

    private async Task LoadAsync()
    {
        try
        {
            Take(await Operator.SettingsAsync(_gone.Token));
            _problem = null;
            await PreviewAsync(TimeSpan.Zero);
        }
        catch (OperatorException e)
        {
            _problem = e.Message;
            StateHasChanged();
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task TakeAsync(LiveChange change)
    {
        if (_gone.IsCancellationRequested)
        {
            return;
        }

        switch (change)
        {
            case LiveChange.SettingsChanged changed:
                Take(changed.Settings);
                StateHasChanged();
                await PreviewAsync(TimeSpan.Zero);
                break;
            case LiveChange.Reset:
            case LiveChange.StateChanged { State.Connection: LiveConnection.Connected } when _problem is not null || _previewProblem is not null:
                await LoadAsync();
                StateHasChanged();
                break;
        }
    }

    private void Show(object? sender, EventArgs e) => _ = InvokeAsync(StateHasChanged);

    private void Take(MonitoringManifest settings)
    {
        // News from before the save, which came by another way.
        if (settings.Metadata.Generation < _followed)
        {
            return;
        }

        if (Editor is null)
        {
            Editor = new SettingsEditor(settings);
        }
        else
        {
            Editor.Take(settings);
        }

        TellWhereSettled();
    }

    private Task TakeLabels(IReadOnlyDictionary<string, string> labels)
    {
        Editor!.Form.SetLabels(labels);
        return OnEditedAsync();
    }

    private Task SetAgent(string? agent)
    {
        Editor!.Form.Agent = agent ?? MonitoringAgent.None;
        return OnEditedAsync();
    }

    private Task SetBackup(bool on)
    {
        Editor!.Form.Backup = on;
        return OnEditedAsync();
    }

    private Task SetOperator(bool on)
    {
        Editor!.Form.Operator = on;
        return OnEditedAsync();
    }

    private Task SetNamespace(string? text)
    {
        Editor!.Form.PrometheusNamespace = text ?? "";
        return OnEditedAsync();
    }

    private Task OnEditedAsync()
    {
        _saveProblem = null;
        StateHasChanged();
        return PreviewAsync(PreviewAfter);
    }

    /// <summary>Asks what the settings as typed would make, once typing pauses. A newer call ends an older one.</summary>
    private async Task PreviewAsync(TimeSpan delay)
    {
        if (_previewing is { } older)
        {
            await older.CancelAsync();
        }

        if (Editor is null || !Editor.Form.IsValid)
        {
            _previewing = null;
            _previewPending = false;
            StateHasChanged();
            return;
        }

        using var source = CancellationTokenSource.CreateLinkedTokenSource(_gone.Token);
        _previewing = source;
        _previewPending = true;
        try
        {
            if (delay > TimeSpan.Zero)
            {
                await Task.Delay(delay, Time, source.Token);
            }

            var preview = await Operator.PreviewSettingsAsync(Editor.ToManifest(), source.Token);
            if (_previewing != source)
            {
                return;
            }

            _preview = preview;
            _previewProblem = null;
        }
        catch (OperationCanceledException) when (source.IsCancellationRequested)
        {
            return;
        }
        catch (OperatorException e)
        {
            if (_previewing != source)
            {
                return;
            }

            _previewProblem = e.Message;
        }
        finally
        {
            if (_previewing == source)
            {
                _previewing = null;
                _previewPending = false;
            }
        }

        StateHasChanged();
    }

    /// <returns>True where the settings are saved.</returns>
    private async Task<bool> SaveAsync()
    {
        if (Editor is not { CanSave: true } || _saving)
        {
            return false;
        }

        _saving = true;
        _saveProblem = null;
        StateHasChanged();
        try
        {
            var sent = Editor.Form.ToSpec();
            var saved = await SaveOrLearnAsync(Editor);
            if (saved is null)
            {
                return false;
            }

            // The news of it may have come before the answer, with what became of it.
            var isKnown = saved.Metadata.Generation is { } generation && Editor.Saved.Metadata.Generation == generation;
            Editor.TakeSaved(sent, isKnown ? Editor.Saved : saved);
            _followed = saved.Metadata.Generation ?? 0;
            StateHasChanged();
            TellWhereSettled();
            if (_followed is not null)
            {
                _ = FollowAsync();
            }

            await PreviewAsync(TimeSpan.Zero);
            return true;
        }
        catch (OperatorException e)
        {
            _saveProblem = e.Causes.Count > 0 ? string.Join(' ', e.Causes.Select(c => c.Message)) : $"Not saved: {e.Message} Your changes are kept here.";
            return false;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        finally
        {
            _saving = false;
            StateHasChanged();
        }
    }

    /// <summary>Says what became of what was saved here, once that is known.</summary>
    private void TellWhereSettled()
    {
        if (_followed is null || !Editor!.Saved.IsSettled())
        {
            return;
        }

        _followed = null;
        if (Editor.Saved.Status.Problems().Count == 0)
        {
            Snackbar.Add("Settings saved and in effect.", Severity.Success);
        }
        else
        {
            Snackbar.Add("Settings saved, but not all of it is in effect: see the conditions.", Severity.Warning);
        }
    }

    /// <summary>Reads on until what was saved is in effect: its news alone could be lost with the live connection.</summary>
    private async Task FollowAsync()
    {
        var until = Time.GetUtcNow() + LongestFollow;
        try
        {
            while (_followed is not null && Time.GetUtcNow() < until)
            {
                await Task.Delay(FollowEvery, Time, _gone.Token);
                var now = _followed is null ? null : await Operator.SettingsAsync(_gone.Token);
                await InvokeAsync(() =>
                {
                    if (now is not null)
                    {
                        Take(now);
                        StateHasChanged();
                    }
                });
            }
        }
        catch (OperatorException)
        {
            // The live connection says it, and brings the rest when it is back.
        }
        catch (OperationCanceledException)
        {
            return;
        }

        await InvokeAsync(() =>
        {
            if (_followed is not null && Time.GetUtcNow() >= until)
            {
                _followed = null;
                Snackbar.Add("Settings saved. The operator has not taken them up yet: its log and its conditions tell why.", Severity.Warning);
                StateHasChanged();
            }
        });
    }

    /// <summary>Saves; on a conflict reads what somebody else saved, and tries again only where that leaves nothing to decide.</summary>
    private async Task<MonitoringManifest?> SaveOrLearnAsync(SettingsEditor editor)
    {
        const int Attempts = 3;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await Operator.SaveSettingsAsync(editor.ToManifest(), _gone.Token);
            }
            catch (OperatorException e) when (e.Failure == OperatorFailure.Conflict && attempt < Attempts)
            {
                editor.Take(await Operator.SettingsAsync(_gone.Token));
                if (!editor.IsEdited)
                {
                    return editor.Saved;
                }

                if (editor.Theirs is not null)
                {
                    return null;
                }
            }
        }
    }

    private Task Discard()
    {
        Editor!.Discard();
        _saveProblem = null;
        return PreviewAsync(TimeSpan.Zero);
    }

    private Task TakeTheirs()
    {
        Editor!.TakeTheirs();
        _saveProblem = null;
        return PreviewAsync(TimeSpan.Zero);
    }

    private Task ReapplyMine()
    {
        Editor!.ReapplyMine();
        _saveProblem = null;
        return PreviewAsync(TimeSpan.Zero);
    }

    private async Task GuardAsync(LocationChangingContext context)
    {
        // A fragment of this page is no leaving.
        if (!IsEdited || new Uri(Navigation.ToAbsoluteUri(context.TargetLocation).GetLeftPart(UriPartial.Path)).AbsolutePath == "/settings")
        {
            return;
        }

        var answer = await Dialogs.ShowMessageBoxAsync(new MessageBoxOptions
        {
            Title = "Leave without saving?",
            Message = Editor!.CanSave ? "Your changes to the monitoring settings are not saved." : "Your changes to the monitoring settings are not saved, and cannot be yet.",
            YesText = Editor.CanSave ? "Save and leave" : "Stay",
            NoText = "Leave without saving",
            CancelText = Editor.CanSave ? "Stay" : null,
        });
        var leaves = answer switch
        {
            true => Editor.CanSave && await SaveAsync(),
            false => true,
            null => false,
        };
        if (!leaves)
        {
            context.PreventNavigation();
        }
    }
}
