using System.Collections;
using Stash.Core;
using Stash.Core.Restics;

namespace Stash.Operator.Runner;

/// <summary>
/// What restic needs to open a repository: environment variables and global flags. The repository and every secret go by the
/// environment or by a file's name, never as an argument that other users of the host could read.
/// </summary>
internal sealed record RepositoryAccess
{
    // What a secret may set. Anything else in its folder is not restic's.
    private static readonly string[] Prefixes = ["RESTIC_", "AWS_", "AZURE_", "GOOGLE_", "B2_", "ST_", "OS_", "RCLONE_"];

    /// <summary>Set for restic; null takes a variable away from what it inherits.</summary>
    public required IReadOnlyDictionary<string, string?> Environment { get; init; }

    public required IReadOnlyList<string> GlobalArguments { get; init; }

    public required Redactor Redactor { get; init; }

    /// <param name="backend">The repository and its secret's folder.</param>
    /// <param name="cacheDirectory">restic's cache; null for none.</param>
    /// <exception cref="UserErrorException">The secret or the password is missing.</exception>
    public static RepositoryAccess Open(Backend backend, string? cacheDirectory)
    {
        Dictionary<string, string> inherited = [];
        foreach (DictionaryEntry variable in System.Environment.GetEnvironmentVariables())
        {
            inherited[(string)variable.Key] = (string?)variable.Value ?? "";
        }

        var secret = backend.SecretFolder is { } folder ? ReadSecret(folder) : [];
        Dictionary<string, string?> environment = new(StringComparer.Ordinal)
        {
            // Twice a second is what progress reports need; restic's 60 times only burn.
            ["RESTIC_PROGRESS_FPS"] = "2",
            ["RESTIC_REPOSITORY_FILE"] = null,
        };
        foreach (var (key, value) in secret.Where(s => Array.Exists(Prefixes, p => s.Key.StartsWith(p, StringComparison.Ordinal))))
        {
            environment[key] = value;
        }

        if (secret.Keys.Any(k => k.StartsWith("RESTIC_PASSWORD", StringComparison.Ordinal)))
        {
            foreach (var other in (string[])["RESTIC_PASSWORD", "RESTIC_PASSWORD_FILE", "RESTIC_PASSWORD_COMMAND"])
            {
                environment.TryAdd(other, null);
            }
        }
        else if (!inherited.Keys.Any(k => k.StartsWith("RESTIC_PASSWORD", StringComparison.Ordinal)))
        {
            throw new UserErrorException(backend.SecretFolder is { } secretFolder
                ? $"The secret {secretFolder} has no key RESTIC_PASSWORD: add a file of that name that holds the repository's password."
                : "There is no password for the repository: name a secret in spec.backend.storageSecretName, or set RESTIC_PASSWORD, RESTIC_PASSWORD_FILE or RESTIC_PASSWORD_COMMAND.");
        }

        // A whole file is given to restic by its name: it need not be copied.
        if (secret.ContainsKey("GOOGLE_SERVICE_ACCOUNT_JSON_KEY"))
        {
            environment["GOOGLE_APPLICATION_CREDENTIALS"] = Path.Combine(backend.SecretFolder!, "GOOGLE_SERVICE_ACCOUNT_JSON_KEY");
            environment.Remove("GOOGLE_SERVICE_ACCOUNT_JSON_KEY");
        }

        environment["RESTIC_REPOSITORY"] = WithRestCredentials(backend.Repository, secret);
        List<string> arguments = cacheDirectory is null ? ["--no-cache"] : ["--cache-dir", cacheDirectory];
        if (secret.TryGetValue("CA_CERT_DATA", out var certificate) && certificate.Length > 0)
        {
            arguments.AddRange(["--cacert", Path.Combine(backend.SecretFolder!, "CA_CERT_DATA")]);
        }

        return new RepositoryAccess
        {
            Environment = environment,
            GlobalArguments = arguments,
            Redactor = Redactor.Of(secret, all: true).With(Redactor.Of(inherited, all: false)),
        };
    }

    private static Dictionary<string, string> ReadSecret(string folder)
    {
        Dictionary<string, string> secret = new(StringComparer.Ordinal);
        if (!Directory.Exists(folder))
        {
            throw new UserErrorException($"The secret {folder} is missing: make that folder, with one file per key (RESTIC_PASSWORD and what the backend needs).");
        }

        try
        {
            // A mounted Secret keeps its versions in hidden folders beside the keys.
            foreach (var file in Directory.EnumerateFiles(folder).Where(f => !Path.GetFileName(f).StartsWith('.')))
            {
                // As restic reads a password file: the line feed that an editor leaves is no part of it.
                secret[Path.GetFileName(file)] = File.ReadAllText(file).Trim();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"The secret {folder} cannot be read: let this user read that folder and the files in it.", inner: e);
        }

        return secret;
    }

    // restic 0.14 takes them in the URL only.
    private static string WithRestCredentials(string repository, Dictionary<string, string> secret)
    {
        if (!repository.StartsWith("rest:", StringComparison.Ordinal) || !secret.TryGetValue("REST_SERVER_USERNAME", out var user) || user.Length == 0)
        {
            return repository;
        }

        var at = repository.IndexOf("://", StringComparison.Ordinal);
        return at < 0
            ? repository
            : string.Concat(repository.AsSpan(0, at + 3), Uri.EscapeDataString(user), ":" + Uri.EscapeDataString(secret.GetValueOrDefault("REST_SERVER_PASSWORD", "")) + "@", repository.AsSpan(at + 3));
    }
}
