using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Stash.Core.Api;
using Stash.Core.Configuration;
using Stash.Core.Events;

namespace Stash.Core.Monitoring.Embedded;

/// <summary>
/// The embedded settings: <c>monitoring.yaml</c> in the data folder, edited by hand or through the API. What is valid is put
/// into effect at once and told to those who watch; what is not leaves the settings before in force and says why.
/// </summary>
public sealed partial class MonitoringStore(DataFolder data, EmbeddedResources resources, EventHub hub, TimeProvider time, ILogger<MonitoringStore> logger) : IMonitoringSettings, IDisposable
{
    private const string FileName = "monitoring.yaml";

    private readonly SettingsFile _file = new(data.In(FileName));
    private readonly SemaphoreSlim _lock = new(1, 1);
    private string? _seen;
    private MonitoringSpec? _inForce;
    private MonitoringManifest _current = new();

    /// <inheritdoc/>
    public MonitoringManifest Current => Volatile.Read(ref _current);

    /// <inheritdoc/>
    public Reconciliations Reconciliations { get; } = new();

    Task<SettingsPreview> IMonitoringSettings.PreviewAsync(MonitoringManifest manifest, SettingsAuthor author, CancellationToken cancellationToken) => Task.FromResult(Preview(manifest));

    /// <inheritdoc/>
    Task<SettingsChange> IMonitoringSettings.SaveAsync(MonitoringManifest manifest, SettingsAuthor author, CancellationToken cancellationToken) => SaveAsync(manifest, cancellationToken);

    /// <summary>What settings would make; changes nothing.</summary>
    public SettingsPreview Preview(MonitoringManifest manifest)
    {
        var errors = MonitoringValidation.Validate(manifest);
        return new SettingsPreview { Errors = errors, Items = errors.Count > 0 ? [] : resources.Preview(MonitoringValidation.Canonical(manifest.Spec)) };
    }

    /// <summary>Takes the file as it is on disk, where it is not as last seen; and makes it, with the defaults, where it is missing.</summary>
    public async Task ReloadAsync(CancellationToken cancellationToken)
    {
        await Reconciliations.WaitAsync(() => _lock.WaitAsync(cancellationToken));
        try
        {
            var text = _file.Read();
            if (string.IsNullOrWhiteSpace(text) && _seen is not null)
            {
                // Some editors move the old file away before they write the new one, others empty it first.
                await Task.Delay(TimeSpan.FromMilliseconds(500), time, cancellationToken);
                text = _file.Read();
            }

            if (text is null || text != _seen)
            {
                TakeIn(text);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Reconciliations.Ended(ReconcileResult.Failed, TimeSpan.Zero);
            throw;
        }
        finally
        {
            _lock.Release();
        }
    }

    /// <summary>Puts the settings into effect again, as after a change of the addresses they name.</summary>
    /// <exception cref="UserErrorException">The file cannot be read.</exception>
    public async Task ReapplyAsync(CancellationToken cancellationToken)
    {
        await Reconciliations.WaitAsync(() => _lock.WaitAsync(cancellationToken));
        try
        {
            TakeIn(_file.Read());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Reconciliations.Ended(ReconcileResult.Failed, TimeSpan.Zero);
            throw new UserErrorException($"{data.In(FileName)} cannot be read: make it a file that this user may read.", inner: e);
        }
        finally
        {
            _lock.Release();
        }
    }

    /// <summary>Saves settings. The file's comments and its other fields stay.</summary>
    /// <returns>The settings as they were and as they are now.</returns>
    /// <exception cref="SettingsException">The caller's resource version is not that of the file: somebody changed it meanwhile; or the file cannot be written.</exception>
    public async Task<SettingsChange> SaveAsync(MonitoringManifest manifest, CancellationToken cancellationToken)
    {
        await Reconciliations.WaitAsync(() => _lock.WaitAsync(cancellationToken));
        try
        {
            while (true)
            {
                var text = _file.Read();
                if (text is null || text != _seen)
                {
                    TakeIn(text);
                    text = _seen;
                }

                if (manifest.Metadata.ResourceVersion != Current.Metadata.ResourceVersion)
                {
                    throw SettingsException.ChangedMeanwhile();
                }

                // A file that cannot be read is replaced as a whole (its old text stays beside it); else only what changes.
                var spec = MonitoringValidation.Canonical(manifest.Spec);
                var valid = text is not null && TryParse(text, out _, out _);
                var next = MonitoringYaml.ReplaceBlock(valid ? text! : Head, "spec", MonitoringYaml.SpecBlock(spec));
                if (_file.TryReplace(text, next, keepOld: true))
                {
                    var before = Current;
                    TakeIn(next);
                    return new SettingsChange(before, Current);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException(SettingsFailure.Failed, $"{FileName} in the data folder cannot be written: see that the folder is writable and its disk has space.", inner: e);
        }
        finally
        {
            _lock.Release();
        }
    }

    public void Dispose() => _lock.Dispose();

    private const string Head = """
        # Who scrapes Stash. Edit here or in the console: a change is in effect at once.
        apiVersion: stash.appscode.com/v1alpha1
        kind: Monitoring
        metadata:
          name: stash

        """;

    private void TakeIn(string? text)
    {
        var began = time.GetTimestamp();
        var result = ReconcileResult.Invalid;
        text ??= Head + MonitoringYaml.SpecBlock(new MonitoringSpec());
        var before = Current;
        if (TryParse(text, out var manifest, out var error))
        {
            var spec = MonitoringValidation.Canonical(manifest.Spec);
            if (_inForce is null || MonitoringYaml.SpecBlock(_inForce) != MonitoringYaml.SpecBlock(spec))
            {
                LogChanged(logger, spec.Agent, spec.Backup, spec.Operator);
            }

            _inForce = spec;
            (var status, result) = resources.Endpoints is null ? (manifest.Status, ReconcileResult.Unchanged) : Apply(spec, manifest.Status);
            Volatile.Write(ref _current, new MonitoringManifest { Metadata = new() { ResourceVersion = VersionOf(MonitoringYaml.SpecBlock(spec)) }, Spec = spec, Status = status });
            text = status is null ? text : WriteStatus(text, manifest.Status, status);
        }
        else
        {
            LogInvalid(logger, error);
            Volatile.Write(ref _current, new MonitoringManifest
            {
                Metadata = new() { ResourceVersion = $"invalid-{VersionOf(text)}" },
                Spec = _inForce ?? new MonitoringSpec(),
                Status = (before.Status ?? new MonitoringStatus()) with { Error = $"{error} {(_inForce is null ? "Nothing is changed until it is right." : "The settings before stay in force.")}" },
            });
        }

        _seen = text;
        Reconciliations.Ended(result, time.GetElapsedTime(began));
        if (!Same(before, Current))
        {
            hub.Publish(new StashEvent.SettingsChanged(Current));
        }
    }

    private (MonitoringStatus Status, ReconcileResult Result) Apply(MonitoringSpec spec, MonitoringStatus? before)
    {
        try
        {
            var (created, changed) = resources.Apply(spec);
            var version = VersionOf(MonitoringYaml.SpecBlock(spec));
            var unchanged = !changed && before is { Error: null, AppliedTime: not null } && before.Created.SequenceEqual(created, StringComparer.Ordinal)
                && (Current.Metadata.ResourceVersion ?? version) == version;
            return unchanged
                ? (before!, ReconcileResult.Unchanged)
                : (new MonitoringStatus { AppliedTime = Seconds(time.GetUtcNow()), Created = created }, ReconcileResult.Applied);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotApplied(logger, e);
            return (
                new MonitoringStatus { Created = before?.Created ?? [], Error = "The files for Prometheus cannot be written into the data folder: see that it is writable and its disk has space." },
                ReconcileResult.Failed);
        }
    }

    /// <summary>Writes the status into the file; gives way where somebody edits it at this moment (their text is taken in next).</summary>
    private string WriteStatus(string text, MonitoringStatus? before, MonitoringStatus status)
    {
        if (before is not null && MonitoringYaml.StatusBlock(before) == MonitoringYaml.StatusBlock(status))
        {
            return text;
        }

        var next = MonitoringYaml.ReplaceBlock(text, "status", MonitoringYaml.StatusBlock(status));
        try
        {
            return _file.TryReplace(_file.Read() is null ? null : text, next, keepOld: false) ? next : text;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotApplied(logger, e);
            return text;
        }
    }

    private static bool TryParse(string text, out MonitoringManifest manifest, out string error)
    {
        try
        {
            manifest = MonitoringYaml.Parse(text, FileName);
            var errors = MonitoringValidation.Validate(manifest);
            error = string.Join(' ', errors.Select(e => $"{FileName}: {e.Field}: {e.Message}"));
            return errors.Count == 0;
        }
        catch (UserErrorException e)
        {
            manifest = new MonitoringManifest();
            error = e.Message;
            return false;
        }
    }

    private static bool Same(MonitoringManifest a, MonitoringManifest b) =>
        a.Metadata.ResourceVersion == b.Metadata.ResourceVersion
        && (a.Status is null ? b.Status is null : b.Status is not null && MonitoringYaml.StatusBlock(a.Status) == MonitoringYaml.StatusBlock(b.Status));

    private static string VersionOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 8));

    private static DateTimeOffset Seconds(DateTimeOffset t) => DateTimeOffset.FromUnixTimeSeconds(t.ToUnixTimeSeconds());

    [LoggerMessage(Level = LogLevel.Information, Message = "Monitoring settings: agent {Agent}, backup {Backup}, operator {Operator}")]
    private static partial void LogChanged(ILogger logger, string agent, bool backup, bool @operator);

    [LoggerMessage(Level = LogLevel.Error, Message = "Monitoring settings are not valid: {Error}")]
    private static partial void LogInvalid(ILogger logger, string error);

    [LoggerMessage(Level = LogLevel.Error, Message = "Monitoring settings cannot be put into effect: see that the disk of the data folder has space and that this user may write to monitoring.yaml and to the folder prometheus in it")]
    private static partial void LogNotApplied(ILogger logger, Exception exception);
}
