using Stash.Core.Api;
using Stash.Core.Monitoring;

namespace Stash.Operator.Commands.Monitoring;

/// <summary>Where the settings are that a command is about. What goes wrong is a <see cref="Core.UserErrorException"/>.</summary>
internal interface ISettingsPlace : IDisposable
{
    /// <summary>For people, as <c>the data folder /srv/stash</c>.</summary>
    string Name { get; }

    /// <summary>Why nobody puts settings into effect there; null where somebody does, or where the settings tell.</summary>
    string? Idle { get; }

    /// <summary>Reads them.</summary>
    Task<MonitoringManifest> ReadAsync(CancellationToken cancellationToken);

    /// <summary>What settings would make.</summary>
    Task<SettingsPreview> PreviewAsync(MonitoringManifest manifest, CancellationToken cancellationToken);

    /// <summary>Changes them, also where somebody changes something else of them at the same moment.</summary>
    Task<SettingsChange> SaveAsync(Func<MonitoringSpec, MonitoringSpec> change, CancellationToken cancellationToken);
}
