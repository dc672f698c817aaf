namespace Stash.Core.Configuration.Web;

/// <summary>The exporter-toolkit's web configuration: what <c>--web.config.file</c> names.</summary>
public sealed record WebConfig
{
    /// <summary>Null for plain HTTP.</summary>
    public WebTls? Tls { get; init; }

    public bool Http2 { get; init; } = true;

    /// <summary>Headers of every answer.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Users, and the bcrypt hash of the password of each. They may do everything.</summary>
    public IReadOnlyDictionary<string, string> Users { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Between two requests, once the burst is used up; zero for no limit.</summary>
    public TimeSpan RateInterval { get; init; }

    public int RateBurst { get; init; }
}

/// <summary>The section <c>tls_server_config</c>.</summary>
public sealed record WebTls
{
    /// <summary>The certificate and its chain in PEM: a file, or the text itself.</summary>
    public required PemSource Certificate { get; init; }

    public required PemSource Key { get; init; }

    public ClientAuthentication ClientAuthentication { get; init; }

    /// <summary>Authorities of client certificates; null for those of the system.</summary>
    public PemSource? ClientAuthorities { get; init; }

    /// <summary>Names, of which a client's certificate has to have one; null for any.</summary>
    public IReadOnlyList<string>? ClientAllowedNames { get; init; }

    /// <summary>Lowest version of TLS is 1.3 in place of 1.2.</summary>
    public bool Tls13Only { get; init; }

    /// <summary>Highest version of TLS is 1.2 in place of 1.3.</summary>
    public bool Tls12Only { get; init; }

    /// <summary>Cipher suites up to TLS 1.2, by their IANA names; empty for the system's.</summary>
    public IReadOnlyList<string> CipherSuites { get; init; } = [];

    /// <summary>What the file asks for and this server cannot do, each in a few words.</summary>
    public IReadOnlyList<string> Unsupported { get; init; } = [];
}

/// <summary>PEM: in a file, or given as text.</summary>
public sealed record PemSource(string? File, string? Text);

/// <summary>What a client's certificate has to be, by Go's names.</summary>
public enum ClientAuthentication
{
    /// <summary>It is not asked for.</summary>
    None,

    /// <summary>Asked for, not needed, not checked.</summary>
    Request,

    /// <summary>Needed, not checked.</summary>
    RequireAny,

    /// <summary>Checked where there is one.</summary>
    VerifyIfGiven,

    /// <summary>Needed and checked.</summary>
    RequireAndVerify,
}
