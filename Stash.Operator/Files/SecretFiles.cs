using System.Security.Cryptography;
using System.Text;
using Stash.Core;
using Stash.Core.Configuration.Web;

namespace Stash.Operator.Files;

/// <summary>Reads files of secrets. A file that everyone may read is refused.</summary>
internal static class SecretFiles
{
    private const int LeastToken = 16;

    /// <summary>Hashes of the bearer tokens, one a line; empty lines and those that begin with <c>#</c> are left out.</summary>
    /// <exception cref="UserErrorException">There is none, or one is too short.</exception>
    public static IReadOnlyList<byte[]> Tokens(string path, byte[] content)
    {
        CheckMode(path);
        List<byte[]> hashes = [];
        foreach (var line in Lines(content))
        {
            if (line.Length < LeastToken)
            {
                throw new UserErrorException($"{path} holds a token of fewer than {LeastToken} characters: make one with openssl rand -hex 32.");
            }

            hashes.Add(SHA256.HashData(Encoding.UTF8.GetBytes(line)));
        }

        return hashes.Count > 0 ? hashes : throw new UserErrorException($"{path} holds no token: write one in it, as openssl rand -hex 32 makes it.");
    }

    /// <summary>Users and the bcrypt hash of the password of each, <c>USER:HASH</c> a line.</summary>
    /// <exception cref="UserErrorException">There is none, or a line is not of that form.</exception>
    public static IReadOnlyDictionary<string, string> Users(string path, byte[] content)
    {
        CheckMode(path);
        Dictionary<string, string> users = new(StringComparer.Ordinal);
        foreach (var line in Lines(content))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon < 1 || !WebConfigYaml.IsBcrypt(line[(colon + 1)..]))
            {
                // Not the line itself: it may hold a password.
                throw new UserErrorException($"{path} holds a line that is not USER:BCRYPT-HASH: make its lines with htpasswd -nB USER.");
            }

            users[line[..colon]] = line[(colon + 1)..];
        }

        return users.Count > 0 ? users : throw new UserErrorException($"{path} holds no user: add one with htpasswd -B {path} USER.");
    }

    /// <exception cref="UserErrorException">Everyone may read it.</exception>
    public static void CheckMode(string path)
    {
        if (IsForEveryone(path))
        {
            throw new UserErrorException($"{path} can be read by every user of this machine: make it yours alone with chmod 600 {path}.");
        }
    }

    public static bool IsForEveryone(string path)
    {
        try
        {
            using var handle = File.OpenHandle(path);
            return (File.GetUnixFileMode(handle) & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite)) != UnixFileMode.None;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"{path} cannot be read: make it a file that this user may read.", inner: e);
        }
    }

    private static IEnumerable<string> Lines(byte[] content) =>
        Encoding.UTF8.GetString(content).Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0 && l[0] != '#');
}
