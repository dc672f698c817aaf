using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Primitives;
using Stash.Core;
using Stash.Core.Configuration;

namespace Stash.Operator.Gateway.Access;

/// <summary>Whether a request may do what it would.</summary>
internal enum AccessVerdict
{
    Allowed,

    /// <summary>Nobody, or not somebody who may.</summary>
    Refused,

    /// <summary>Too many passwords wait to be checked.</summary>
    Busy,
}

/// <summary>Decides by the <c>Authorization</c> header, for each kind of access by its own credentials.</summary>
internal sealed class AccessControl : IDisposable
{
    private readonly Passwords _passwords = new();
    private readonly Dictionary<AccessKind, Credentials[]> _credentials;

    /// <param name="options">The files of each kind.</param>
    /// <param name="everything">Users that may do everything; null where there are none and none can come.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Gets a line where a file changes.</param>
    /// <exception cref="UserErrorException">A file cannot be used.</exception>
    public AccessControl(GatewayAuthentication options, Credentials? everything, TimeProvider time, ILogger logger)
    {
        var push = Of(options.Push, time, logger);
        var delete = Of(options.Delete, time, logger);
        var admin = Of(options.Admin, time, logger);
        var read = Of(options.Read, time, logger);
        _credentials = new()
        {
            [AccessKind.Push] = Together(push, push is null ? null : admin, everything),
            [AccessKind.Delete] = Together(delete ?? push, (delete ?? push) is null ? null : admin, everything),
            [AccessKind.Admin] = Together(admin ?? delete ?? push, everything),
            [AccessKind.Read] = Together(read, read is null ? null : admin, everything),
        };
    }

    /// <summary>False where everything is open to all and stays so.</summary>
    public bool IsOn => _credentials.Values.Any(c => c.Length > 0);

    public ValueTask<AccessVerdict> CheckAsync(AccessKind kind, string? authorization, CancellationToken cancellationToken)
    {
        if (kind == AccessKind.Health)
        {
            return ValueTask.FromResult(AccessVerdict.Allowed);
        }

        var credentials = _credentials[kind];
        if (!IsClosed(credentials))
        {
            return ValueTask.FromResult(AccessVerdict.Allowed);
        }

        if (Value(authorization, "Bearer ") is { } token)
        {
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(Encoding.UTF8.GetBytes(token), hash);
            var found = false;
            foreach (var one in credentials)
            {
                found |= one.HasToken(hash);
            }

            return ValueTask.FromResult(found ? AccessVerdict.Allowed : AccessVerdict.Refused);
        }

        return Value(authorization, "Basic ") is { } basic && TryDecode(basic, out var user, out var password)
            ? CheckPasswordAsync(credentials, user, password, cancellationToken)
            : ValueTask.FromResult(AccessVerdict.Refused);
    }

    /// <summary>What the answer 401 says about how to get in.</summary>
    public StringValues Challenge(AccessKind kind)
    {
        const string Basic = "Basic realm=\"push gateway\", charset=\"UTF-8\"";
        const string Bearer = "Bearer realm=\"push gateway\"";
        var credentials = _credentials[kind];
        return (Array.Exists(credentials, c => c.HasUsers), Array.Exists(credentials, c => c.HasTokens)) switch
        {
            (true, true) => new StringValues([Basic, Bearer]),
            (true, false) => Basic,
            _ => Bearer,
        };
    }

    public void Dispose() => _passwords.Dispose();

    private static Credentials? Of(CredentialFiles files, TimeProvider time, ILogger logger) => files.IsEmpty ? null : new Credentials(files, time, logger);

    private static Credentials[] Together(params ReadOnlySpan<Credentials?> credentials)
    {
        HashSet<Credentials> all = [];
        foreach (var one in credentials)
        {
            if (one is not null)
            {
                all.Add(one);
            }
        }

        return [.. all];
    }

    private static bool IsClosed(Credentials[] credentials)
    {
        foreach (var one in credentials)
        {
            if (one.HasTokens || one.HasUsers)
            {
                return true;
            }
        }

        return false;
    }

    private static string? Value(string? authorization, string scheme) =>
        authorization is not null && authorization.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) ? authorization[scheme.Length..].Trim() : null;

    private static bool TryDecode(string basic, out string user, out string password)
    {
        (user, password) = ("", "");
        Span<byte> bytes = basic.Length <= 1024 ? stackalloc byte[basic.Length] : new byte[basic.Length];
        if (!Convert.TryFromBase64String(basic, bytes, out var length))
        {
            return false;
        }

        var text = Encoding.UTF8.GetString(bytes[..length]);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
        {
            return false;
        }

        (user, password) = (text[..colon], text[(colon + 1)..]);
        return true;
    }

    private async ValueTask<AccessVerdict> CheckPasswordAsync(Credentials[] credentials, string user, string password, CancellationToken cancellationToken)
    {
        // The same name in two files is two users, each with a password of its own. A name in none takes as long as one in one.
        var known = false;
        foreach (var one in credentials)
        {
            if (one.PasswordHash(user) is { } hash)
            {
                known = true;
                var verdict = await _passwords.CheckAsync(user, hash, password, cancellationToken);
                if (verdict != PasswordVerdict.Wrong)
                {
                    return verdict == PasswordVerdict.Right ? AccessVerdict.Allowed : AccessVerdict.Busy;
                }
            }
        }

        return !known && await _passwords.CheckAsync(user, null, password, cancellationToken) == PasswordVerdict.Busy ? AccessVerdict.Busy : AccessVerdict.Refused;
    }
}
