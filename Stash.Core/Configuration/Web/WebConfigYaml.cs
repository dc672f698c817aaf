using System.Buffers;
using System.Globalization;
using Stash.Core.Yaml;

namespace Stash.Core.Configuration.Web;

/// <summary>Reads the exporter-toolkit's web configuration strictly.</summary>
public static class WebConfigYaml
{
    private const int MaxCost = 18;

    private static readonly SearchValues<char> Base64 = SearchValues.Create("./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
    private static readonly string[] Versions = ["TLS10", "TLS11", "TLS12", "TLS13"];
    private static readonly string[] Curves = ["CurveP256", "CurveP384", "CurveP521", "X25519"];

    private static readonly Dictionary<string, ClientAuthentication> Policies = new(StringComparer.Ordinal)
    {
        ["NoClientCert"] = ClientAuthentication.None,
        ["RequestClientCert"] = ClientAuthentication.Request,
        ["RequireAnyClientCert"] = ClientAuthentication.RequireAny,
        ["RequireClientCert"] = ClientAuthentication.RequireAny,
        ["VerifyClientCertIfGiven"] = ClientAuthentication.VerifyIfGiven,
        ["RequireAndVerifyClientCert"] = ClientAuthentication.RequireAndVerify,
    };

    private static readonly Dictionary<string, string[]> Headers = new(StringComparer.Ordinal)
    {
        ["Content-Security-Policy"] = [],
        ["Strict-Transport-Security"] = [],
        ["X-Content-Type-Options"] = ["nosniff"],
        ["X-Frame-Options"] = ["deny", "sameorigin"],
        ["X-XSS-Protection"] = [],
    };

    /// <param name="text">The file's text.</param>
    /// <param name="file">Its path: errors name it, and the files it names are relative to its folder.</param>
    /// <exception cref="UserErrorException">It is no YAML, or not of that format: one line with the file, the line and what is accepted.</exception>
    public static WebConfig Read(string text, string file)
    {
        var documents = YamlDocuments.Read(text, file);
        if (documents.Count == 0)
        {
            return new WebConfig();
        }

        YamlFields root = new(documents[0].RootNode, "", file);
        root.Allow("tls_server_config", "http_server_config", "basic_auth_users", "rate_limit");
        var http = root.Map("http_server_config");
        http?.Allow("http2", "headers");
        var rate = root.Map("rate_limit");
        rate?.Allow("interval", "burst");
        var users = root.Map("basic_auth_users")?.Texts() ?? new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (user, hash) in users)
        {
            if (!IsBcrypt(hash))
            {
                throw new UserErrorException($"{file}: basic_auth_users.{user} has no bcrypt hash: give what htpasswd -nBC 10 {user} prints after the colon.");
            }
        }

        var burst = rate?.Count("burst") ?? 0;
        var interval = Interval(rate?.Text("interval"), file);
        if (interval > TimeSpan.Zero && burst == 0)
        {
            throw new UserErrorException($"{file}: rate_limit has no burst, so that no request would pass: give one of at least 1.");
        }

        return new WebConfig
        {
            Tls = root.Map("tls_server_config") is { } tls ? ReadTls(tls, file) : null,
            Http2 = http?.Flag("http2") ?? true,
            Headers = ReadHeaders(http?.Map("headers"), file),
            Users = users,
            RateInterval = interval,
            RateBurst = burst,
        };
    }

    /// <summary>True for a bcrypt hash (<c>$2a$</c>, <c>$2b$</c>, <c>$2y$</c>) whose cost a request can be made to wait for.</summary>
    public static bool IsBcrypt(string hash) =>
        hash is ['$', '2', 'a' or 'b' or 'y', '$', _, _, '$', ..] && hash.Length == 60
        && int.TryParse(hash.AsSpan(4, 2), NumberStyles.None, CultureInfo.InvariantCulture, out var cost) && cost is >= 4 and <= MaxCost
        && !hash.AsSpan(7).ContainsAnyExcept(Base64);

    private static WebTls? ReadTls(YamlFields tls, string file)
    {
        tls.Allow("cert", "key", "client_ca", "cert_file", "key_file", "client_auth_type", "client_ca_file", "client_allowed_sans",
            "min_version", "max_version", "cipher_suites", "prefer_server_cipher_suites", "curve_preferences");
        var certificate = Pem(tls, "cert", "cert_file", file);
        var key = Pem(tls, "key", "key_file", file);
        var authorities = Pem(tls, "client_ca", "client_ca_file", file);
        var policy = tls.Text("client_auth_type") is { Length: > 0 } given ? given : "NoClientCert";
        if (!Policies.TryGetValue(policy, out var authentication))
        {
            throw Wrong(file, "client_auth_type", policy, string.Join(", ", Policies.Keys));
        }

        _ = tls.Flag("prefer_server_cipher_suites");
        var allowed = tls.List("client_allowed_sans");
        if (certificate is null && key is null && authorities is null && tls.Text("client_auth_type") is null)
        {
            return null;
        }

        if (certificate is null || key is null)
        {
            throw new UserErrorException($"{file}: tls_server_config has no {(certificate is null ? "cert_file" : "key_file")}: give both cert_file and key_file.");
        }

        if (authorities is not null && authentication == ClientAuthentication.None)
        {
            throw new UserErrorException($"{file}: tls_server_config has a client_ca_file, but no client's certificate is asked for: set client_auth_type to RequireAndVerifyClientCert.");
        }

        if (allowed.Count > 0 && authentication is not (ClientAuthentication.RequireAny or ClientAuthentication.RequireAndVerify))
        {
            throw new UserErrorException($"{file}: tls_server_config has client_allowed_sans, but a client needs no certificate: set client_auth_type to RequireAndVerifyClientCert.");
        }

        var (least, most) = (Version(tls, "min_version", "TLS12", file), Version(tls, "max_version", "TLS13", file));
        List<string> unsupported = [];
        if (string.CompareOrdinal(most, "TLS12") < 0)
        {
            throw Wrong(file, "max_version", most, "TLS12 or TLS13: older versions are not served");
        }

        if (string.CompareOrdinal(least, most) > 0)
        {
            throw Wrong(file, "min_version", least, $"one that is not above max_version {most}");
        }

        if (string.CompareOrdinal(least, "TLS12") < 0)
        {
            unsupported.Add($"min_version {least} (TLS12 is the lowest served)");
        }

        var curves = tls.List("curve_preferences");
        foreach (var curve in curves)
        {
            if (!Curves.Contains(curve, StringComparer.Ordinal))
            {
                throw Wrong(file, "curve_preferences", curve, string.Join(", ", Curves));
            }
        }

        if (curves.Count > 0)
        {
            unsupported.Add("curve_preferences (the system's are used)");
        }

        return new WebTls
        {
            Certificate = certificate,
            Key = key,
            ClientAuthentication = authentication,
            ClientAuthorities = authorities,
            ClientAllowedNames = allowed.Count > 0 ? allowed : null,
            Tls13Only = least == "TLS13",
            Tls12Only = most == "TLS12",
            CipherSuites = tls.List("cipher_suites"),
            Unsupported = unsupported,
        };
    }

    private static string Version(YamlFields tls, string field, string fallback, string file)
    {
        var version = tls.Text(field) is { Length: > 0 } given ? given : fallback;
        return Versions.Contains(version, StringComparer.Ordinal) ? version : throw Wrong(file, field, version, string.Join(", ", Versions));
    }

    private static PemSource? Pem(YamlFields tls, string inline, string named, string file)
    {
        var (text, path) = (tls.Text(inline), tls.Text(named));
        if (!string.IsNullOrEmpty(text) && !string.IsNullOrEmpty(path))
        {
            throw new UserErrorException($"{file}: tls_server_config has both {inline} and {named}: give one of them.");
        }

        return !string.IsNullOrEmpty(path) ? new PemSource(Path.Combine(Path.GetDirectoryName(file)!, path), null)
            : !string.IsNullOrEmpty(text) ? new PemSource(null, text) : null;
    }

    private static Dictionary<string, string> ReadHeaders(YamlFields? fields, string file)
    {
        Dictionary<string, string> headers = new(StringComparer.Ordinal);
        foreach (var (name, value) in fields?.Texts() ?? headers)
        {
            if (!Headers.TryGetValue(name, out var accepted))
            {
                throw new UserErrorException($"{file}: there is no header {name} in http_server_config.headers. Known here: {string.Join(", ", Headers.Keys)}.");
            }

            if (value.Length > 0 && accepted.Length > 0 && !accepted.Contains(value, StringComparer.Ordinal))
            {
                throw Wrong(file, name, value, string.Join(" or ", accepted));
            }

            if (value.Any(c => c is < ' ' or > '~'))
            {
                throw new UserErrorException($"{file}: {name} has a character that no header can have: give printable ASCII.");
            }

            if (value.Length > 0)
            {
                headers[name] = value;
            }
        }

        return headers;
    }

    private static TimeSpan Interval(string? text, string file) =>
        text is null or "" or "0" or "0s" ? TimeSpan.Zero : GoDuration.Parse(text) ?? throw Wrong(file, "rate_limit.interval", text, "a duration as 100ms or 1s, 0 for no limit");

    private static UserErrorException Wrong(string file, string field, string value, string accepted) =>
        new($"{file}: {field} is \"{value}\": give {accepted}.");
}
