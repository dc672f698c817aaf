using Microsoft.Extensions.Configuration;

namespace Stash.Core.Configuration;

/// <summary>
/// The configuration tree <c>Stash:*</c>, shared by the operator and the console: from <c>appsettings.json</c>, then the
/// environment (<c>Stash__Gateway__Address</c>), then flags. Read and checked once at start.
/// </summary>
public sealed record StashOptions
{
    /// <summary><c>Stash:DataDirectory</c>: the one folder that holds all state. Created with mode 0700.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>How the log is written, one of <see cref="LogFormats"/>; null for what the command writes by itself.</summary>
    public required string? LogFormat { get; init; }

    public required GatewayOptions Gateway { get; init; }

    public required ApiOptions Api { get; init; }

    public required AuditOptions Audit { get; init; }

    public required KubernetesOptions Kubernetes { get; init; }

    public required JournalOptions Journal { get; init; }

    public required OperatorLinkOptions Operator { get; init; }

    public required ConsoleOptions Console { get; init; }

    /// <summary>Lines for people, and the reference's two forms.</summary>
    public static IReadOnlyList<string> LogFormats { get; } = ["text", "logfmt", "json"];

    /// <summary>Reads and checks the tree.</summary>
    /// <exception cref="UserErrorException">A value is wrong or a key unknown: one line for each, with the key, the value and what is accepted.</exception>
    public static StashOptions Read(IConfiguration configuration)
    {
        List<string> errors = [];
        var root = new OptionReader(configuration.GetSection("Stash"), errors);
        var gateway = root.Section("Gateway");
        var api = root.Section("Api");
        var audit = root.Section("Audit");
        var kubernetes = root.Section("Kubernetes");
        var journal = root.Section("Journal");
        var link = root.Section("Operator");
        var console = root.Section("Console");
        var oidc = console.Section("Oidc");
        var options = new StashOptions
        {
            DataDirectory = Path.GetFullPath(root.Text("DataDirectory", "") is { Length: > 0 } named ? named : DefaultDataDirectory()),
            Gateway = GatewayOptions.From(gateway),
            LogFormat = root.OneOf("LogFormat", LogFormats, null),
            Api = ApiOptions.From(api),
            Audit = AuditOptions.From(audit),
            Kubernetes = KubernetesOptions.From(kubernetes),
            Journal = new JournalOptions
            {
                MaxAge = TimeSpan.FromDays(journal.Number("MaxAgeDays", 400, 1, 36_500)),
                MaxSessions = (int)journal.Number("MaxSessions", 1_000_000, 1, int.MaxValue),
                Postgres = PostgresOptions.From(journal),
            },
            Operator = OperatorLinkOptions.From(link),
            Console = ConsoleOptions.From(console, oidc),
        };
        foreach (var reader in new[] { root, api, audit, kubernetes, journal, link, console, oidc })
        {
            reader.RefuseUnknown();
        }

        if (options.Api.CertificateFile is null != options.Api.KeyFile is null)
        {
            errors.Add("Of Stash:Api:CertificateFile and Stash:Api:KeyFile there is one: give both, or neither to have a certificate made.");
        }

        if (options.Console is { SignIn: ConsoleOptions.OidcSignIn, Oidc.Missing: { } missing })
        {
            errors.Add($"Stash:Console:SignIn is \"{ConsoleOptions.OidcSignIn}\" and there is no Stash:Console:Oidc:{missing}: give Authority and ClientId of the provider, as kube-apiserver has them (--oidc-issuer-url, --oidc-client-id).");
        }

        if (options.Api.Address.Port != 0 && options.Gateway.Addresses.Contains(options.Api.Address))
        {
            errors.Add($"Stash:Api:Address is \"{options.Api.Address}\", as Stash:Gateway:Address is: give each a port of its own.");
        }

        return errors.Count == 0 ? options : throw new UserErrorException(string.Join('\n', errors));
    }

    /// <summary><c>$XDG_DATA_HOME/stash</c>, else <c>~/.local/share/stash</c>.</summary>
    /// <exception cref="UserErrorException">The user has no home folder.</exception>
    public static string DefaultDataDirectory() => UserFolder.Of("XDG_DATA_HOME", ".local/share", "--data-dir DIR (Stash:DataDirectory)");
}

/// <summary><c>Stash:Journal:*</c>: how long sessions are kept. What exceeds either limit goes, oldest first.</summary>
public sealed record JournalOptions
{
    public required TimeSpan MaxAge { get; init; }

    public required int MaxSessions { get; init; }

    /// <summary>Null for SQLite in the data folder.</summary>
    public PostgresOptions? Postgres { get; init; }
}
