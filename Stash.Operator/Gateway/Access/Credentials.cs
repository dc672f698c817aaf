using System.Security.Cryptography;
using Stash.Core;
using Stash.Core.Configuration;
using Stash.Operator.Files;

namespace Stash.Operator.Gateway.Access;

/// <summary>Who may do one kind of thing: bearer tokens and users, as their files say at the moment.</summary>
internal sealed class Credentials
{
    private readonly Watched<IReadOnlyList<byte[]>>? _tokens;
    private readonly Func<IReadOnlyDictionary<string, string>>? _users;

    /// <exception cref="UserErrorException">A file cannot be read, may be read by everyone, or is not what it should be.</exception>
    public Credentials(CredentialFiles files, TimeProvider time, ILogger logger)
    {
        if (files.TokenFile is { } tokens)
        {
            _tokens = new Watched<IReadOnlyList<byte[]>>([tokens], contents => SecretFiles.Tokens(tokens, contents[0]), time, logger);
        }

        if (files.UserFile is { } users)
        {
            Watched<IReadOnlyDictionary<string, string>> watched = new([users], contents => SecretFiles.Users(users, contents[0]), time, logger);
            _users = () => watched.Current;
        }
    }

    /// <summary>Of users that are kept elsewhere; there may be none.</summary>
    public Credentials(Func<IReadOnlyDictionary<string, string>> users) => _users = users;

    public bool HasTokens => _tokens is not null;

    public bool HasUsers => _users is not null && _users().Count > 0;

    /// <summary>Compares with every token there is, in the same time for each that is wrong.</summary>
    /// <param name="hash">SHA-256 of what came.</param>
    public bool HasToken(ReadOnlySpan<byte> hash)
    {
        var found = false;
        foreach (var token in _tokens?.Current ?? [])
        {
            found |= CryptographicOperations.FixedTimeEquals(token, hash);
        }

        return found;
    }

    /// <summary>The hash of a user's password; null where there is no such user.</summary>
    public string? PasswordHash(string user) => _users?.Invoke().GetValueOrDefault(user);
}
