namespace Stash.Core.Restics;

/// <summary>Where the repository is, and which secret opens it.</summary>
public sealed record Backend
{
    /// <summary>restic's name of the repository, as <c>s3:https://host/bucket/prefix</c>. Holds no credentials but what the author wrote into a URL.</summary>
    public required string Repository { get; init; }

    /// <summary>The secret's folder: one file per key, as a mounted Secret. Absolute; null where the environment has what restic needs.</summary>
    public string? SecretFolder { get; init; }

    /// <summary>For messages and keys: the repository without user and password.</summary>
    public string PublicRepository => Credentials.Without(Repository);
}
