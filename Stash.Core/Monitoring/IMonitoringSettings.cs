using Stash.Core.Api;

namespace Stash.Core.Monitoring;

/// <summary>The monitoring settings, wherever they are: in a file of the data folder (<see cref="Embedded.MonitoringStore"/>), or in the cluster.</summary>
public interface IMonitoringSettings
{
    /// <summary>The settings as they are now, with status and resource version.</summary>
    MonitoringManifest Current { get; }

    /// <summary>How they were put into effect so far.</summary>
    Reconciliations Reconciliations { get; }

    /// <summary>What settings would make; changes nothing.</summary>
    /// <exception cref="SettingsException">It cannot be told.</exception>
    Task<SettingsPreview> PreviewAsync(MonitoringManifest manifest, SettingsAuthor author, CancellationToken cancellationToken);

    /// <summary>Saves valid settings.</summary>
    /// <returns>The settings as they were and as they are now.</returns>
    /// <exception cref="SettingsException">They were not saved.</exception>
    Task<SettingsChange> SaveAsync(MonitoringManifest manifest, SettingsAuthor author, CancellationToken cancellationToken);
}

/// <summary>Who changes settings.</summary>
/// <param name="Name">The user's name, as the API knows it.</param>
/// <param name="BearerToken">What the user has shown; in a cluster the change is made with it, so that the cluster's RBAC decides and its audit log names the user. Null where it was a certificate.</param>
public sealed record SettingsAuthor(string Name, string? BearerToken);

/// <summary>Settings that were saved.</summary>
/// <param name="Before">Those in force until then.</param>
/// <param name="After">Those now.</param>
public sealed record SettingsChange(MonitoringManifest Before, MonitoringManifest After);

/// <summary>Why settings were not saved.</summary>
public enum SettingsFailure
{
    /// <summary>Somebody changed them since they were read.</summary>
    Conflict,

    /// <summary>The author may not.</summary>
    Forbidden,

    /// <summary>They are not valid.</summary>
    Invalid,

    /// <summary>The cluster does not answer at the moment.</summary>
    Unavailable,

    /// <summary>They could not be written.</summary>
    Failed,
}

/// <summary>Settings were not saved; nothing was changed.</summary>
/// <param name="failure">Why, for programs.</param>
/// <param name="message">What is wrong and what to do, for people.</param>
/// <param name="errors">By field, where they are not valid.</param>
/// <param name="inner">For the log.</param>
public sealed class SettingsException(SettingsFailure failure, string message, IReadOnlyList<FieldError>? errors = null, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Somebody was faster.</summary>
    public static SettingsException ChangedMeanwhile() =>
        new(SettingsFailure.Conflict, "the settings were changed meanwhile: read them again, apply your change to them and send their resourceVersion");

    public SettingsFailure Failure => failure;

    public IReadOnlyList<FieldError> Errors => errors ?? [];
}
