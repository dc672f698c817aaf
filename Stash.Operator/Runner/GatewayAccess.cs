using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Stash.Core;
using Stash.Operator.Files;

namespace Stash.Operator.Runner;

/// <summary>Files with what a push gateway asks for of those who push. Each may be missing.</summary>
internal sealed record GatewayAccess
{
    /// <summary>A bearer token, in its first line.</summary>
    public string? TokenFile { get; init; }

    /// <summary><c>USER:PASSWORD</c>, in its first line.</summary>
    public string? UserFile { get; init; }

    /// <summary>The authorities, in PEM, of the gateway's certificate, in place of the system's.</summary>
    public string? AuthorityFile { get; init; }

    /// <summary>Reads it anew.</summary>
    /// <exception cref="UserErrorException">A file cannot be read, may be read by everyone, or is not what it should be.</exception>
    public AuthenticationHeaderValue? Authorization()
    {
        if (TokenFile is { } token)
        {
            return new AuthenticationHeaderValue("Bearer", FirstLine(token, "a token", l => !l.Any(c => c is <= ' ' or > '~')));
        }

        return UserFile is { } user
            ? new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(FirstLine(user, "USER:PASSWORD", l => l.IndexOf(':', StringComparison.Ordinal) > 0))))
            : null;
    }

    /// <summary>Null for the system's authorities.</summary>
    /// <exception cref="UserErrorException">The file cannot be read or holds no certificate.</exception>
    public X509ChainPolicy? Authorities()
    {
        if (AuthorityFile is not { } file)
        {
            return null;
        }

        X509ChainPolicy policy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        try
        {
            policy.CustomTrustStore.ImportFromPem(Read(file));
        }
        catch (CryptographicException)
        {
            policy.CustomTrustStore.Clear();
        }

        return policy.CustomTrustStore.Count > 0
            ? policy
            : throw new UserErrorException($"{file} holds no certificate in PEM: give that of the authority of the push gateway's certificate.", exitCode: 2);
    }

    private static string FirstLine(string file, string what, Func<string, bool> isRight)
    {
        var line = Read(file).Split('\n')[0].Trim();
        SecretFiles.CheckMode(file);
        return line.Length > 0 && isRight(line) ? line : throw new UserErrorException($"{file} has not {what} in its first line.", exitCode: 2);
    }

    private static string Read(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"{file} cannot be read: give a file that this user may read.", exitCode: 2, inner: e);
        }
    }
}
