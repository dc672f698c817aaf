namespace Stash.Core.Configuration;

/// <summary>
/// <c>Stash:Gateway:Authentication:*</c>: who may do what on the push gateway. Deletions without credentials of their own need those of
/// pushes, administration without needs those of deletions; reading is open unless it has its own. Health is always open.
/// </summary>
public sealed record GatewayAuthentication
{
    /// <summary>Pushes, and reports of running sessions.</summary>
    public required CredentialFiles Push { get; init; }

    public required CredentialFiles Delete { get; init; }

    /// <summary>Wipe and quit. These credentials open everything else too.</summary>
    public required CredentialFiles Admin { get; init; }

    /// <summary>The exposition, the JSON API and the web page.</summary>
    public required CredentialFiles Read { get; init; }

    internal static GatewayAuthentication From(OptionReader access) => new()
    {
        Push = CredentialFiles.From(access, "Push"),
        Delete = CredentialFiles.From(access, "Delete"),
        Admin = CredentialFiles.From(access, "Admin"),
        Read = CredentialFiles.From(access, "Read"),
    };
}

/// <summary>Files of secrets, for this user alone (mode 0600). Both may be given: either lets in.</summary>
public sealed record CredentialFiles
{
    /// <summary>Bearer tokens, one a line; null for none.</summary>
    public string? TokenFile { get; init; }

    /// <summary>Users of basic authentication, <c>USER:BCRYPT-HASH</c> a line, as <c>htpasswd -B</c> writes them; null for none.</summary>
    public string? UserFile { get; init; }

    /// <summary>True where there is neither.</summary>
    public bool IsEmpty => TokenFile is null && UserFile is null;

    internal static CredentialFiles From(OptionReader access, string kind)
    {
        var section = access.Section(kind);
        CredentialFiles files = new() { TokenFile = section.File("TokenFile"), UserFile = section.File("UserFile") };
        section.RefuseUnknown();
        return files;
    }
}
