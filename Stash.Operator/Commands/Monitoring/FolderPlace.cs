using Microsoft.Extensions.Logging.Abstractions;
using Stash.Core;
using Stash.Core.Api;
using Stash.Core.Configuration;
using Stash.Core.Events;
using Stash.Core.Monitoring;
using Stash.Core.Monitoring.Embedded;

namespace Stash.Operator.Commands.Monitoring;

/// <summary>The settings of a data folder whose operator does not run: their file.</summary>
internal sealed class FolderPlace(DataFolder data) : ISettingsPlace
{
    private const int Tries = 10;

    private readonly MonitoringStore _store = new(data, new EmbeddedResources(data), new EventHub(), TimeProvider.System, NullLogger<MonitoringStore>.Instance);

    public string Name => $"the data folder {data.FullPath}";

    public string? Idle => "The operator does not run with this data folder: settings take effect once it does (stash run).";

    public async Task<MonitoringManifest> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _store.ReloadAsync(cancellationToken);
            return _store.Current;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"{data.In("monitoring.yaml")} cannot be read: make it a file that this user may read.", inner: e);
        }
    }

    public Task<SettingsPreview> PreviewAsync(MonitoringManifest manifest, CancellationToken cancellationToken) => Task.FromResult(new SettingsPreview
    {
        Errors = MonitoringValidation.Validate(manifest),
        Items = [],
        Warnings = ["The operator does not run with this data folder: which files the settings make is known when it does, as its addresses are in them."],
    });

    public async Task<SettingsChange> SaveAsync(Func<MonitoringSpec, MonitoringSpec> change, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            var read = await ReadAsync(cancellationToken);
            try
            {
                return await _store.SaveAsync(read with { Spec = change(read.Spec) }, cancellationToken);
            }
            catch (SettingsException e) when (e.Failure == SettingsFailure.Conflict && tries < Tries)
            {
                // Somebody edits it at this moment.
            }
            catch (SettingsException e)
            {
                throw new UserErrorException(e.Message, inner: e);
            }
        }
    }

    public void Dispose() => _store.Dispose();
}
