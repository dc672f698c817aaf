using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Routing;
using MudBlazor;
using Stash.Console.Operator;
using Stash.Console.Settings;
using Stash.Core.Api;
using Stash.Core.Configuration;
using Stash.Core.Monitoring;

namespace Stash.Console.Components.Pages;

/// <summary>
/// Edits the monitoring settings: checked as they are typed, previewed, saved with the version that was read. Changes made
/// elsewhere arrive live; what is typed here is never dropped without being asked.
/// </summary>
public sealed partial class SettingsPage : IDisposable
{
    private const string SnippetName = "prometheus/stash-scrape.yml";

    private static readonly TimeSpan PreviewAfter = TimeSpan.FromMilliseconds(300);

    private static readonly (string Agent, string Name, string What)[] Agents =
    [
        (MonitoringAgent.None, "None", "No Prometheus scrapes Stash; the console works without one."),
        (MonitoringAgent.Builtin, "Prometheus (builtin)", "A Prometheus that finds its targets itself: Stash writes the scrape configuration for it to include."),
        (MonitoringAgent.CoreosOperator, "Prometheus operator (coreos-operator)", "The Prometheus operator in a Kubernetes cluster: Stash writes a ServiceMonitor that it selects by labels."),
    ];

    private readonly CancellationTokenSource _gone = new();
    private CancellationTokenSource? _previewing;
    private LiveSubscription? _subscription;
    private SettingsPreview? _preview;
    private string? _previewProblem;
    private string? _problem;
    private string? _saveProblem;
    private bool _previewPending;
    private bool _saving;

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

    private SettingsEditor? Editor { get; set; }

    private bool IsEdited => Editor?.IsEdited ?? false;

    private string? NamespaceError => Editor!.Form.NamespaceError;

    private string NothingScraped => Editor!.Form is { Agent: not MonitoringAgent.None, Backup: false, Operator: false } ? "Nothing is scraped until one of these is on." : "";

    private string NothingCreated => Editor!.Form switch
    {
        { Agent: MonitoringAgent.None } => "With agent none nothing is written.",
        { Backup: false, Operator: false } => "Nothing is written until session or operator metrics are on.",
        _ => "Nothing is written for these settings.",
    };

    private bool ShowsInclude => Editor?.Saved is { Spec.Agent: var agent, Status: { } status } && MonitoringAgent.Normalize(agent) == MonitoringAgent.Builtin && status.Created.Contains(SnippetName, StringComparer.Ordinal);

    private string SaveText => _saveProblem
        ?? (Editor!.Theirs is not null ? "Decide above what becomes of the two changes."
        : !IsEdited ? "No changes."
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
    protected override Task OnInitializedAsync() => RendererInfo.IsInteractive ? LoadAsync() : Task.CompletedTask;

    public void Dispose()
    {
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

    private void Take(MonitoringManifest settings)
    {
        if (Editor is null)
        {
            Editor = new SettingsEditor(settings);
        }
        else
        {
            Editor.Take(settings);
        }
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

            Editor.TakeSaved(sent, saved);
            Snackbar.Add("Settings saved and in effect.", Severity.Success);
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
