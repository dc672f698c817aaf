using System.Security.Cryptography;
using System.Text;
using Stash.Core;
using Stash.Core.Configuration;
using Stash.Operator.Files;

namespace Stash.Operator.Access;

/// <summary>
/// Bearer tokens that are in files, each with mode 0600 and read again when it changes: <c>api-token</c> (or <c>Stash:Api:TokenFile</c>), with which
/// everything may be done, and <c>metrics-token</c>, with which <c>/metrics</c> may be read. The two in the data folder are made at first start, and not in a cluster.
/// </summary>
internal sealed class TokenFiles
{
    private readonly List<(Caller Caller, Watched<IReadOnlyList<byte[]>> Tokens)> _all = [];

    /// <exception cref="UserErrorException">A file cannot be read or written, may be read by everyone, or holds no token.</exception>
    public TokenFiles(DataFolder data, StashOptions options, TimeProvider time, ILogger logger)
    {
        void Add(string path, string name, string group) => _all.Add((
            new Caller { Name = name, Groups = [group, Caller.Authenticated] },
            new Watched<IReadOnlyList<byte[]>>([path], contents => SecretFiles.Tokens(path, contents[0]), time, logger)));

        if (options.Api.TokenFile is { } given)
        {
            Add(given, "api-token", EmbeddedRules.Admin);
        }
        else if (!options.Kubernetes.IsOn)
        {
            Make(data.ApiToken);
            Add(data.ApiToken, "api-token", EmbeddedRules.Admin);
        }

        if (!options.Kubernetes.IsOn)
        {
            Make(data.MetricsToken);
            Add(data.MetricsToken, "metrics-token", EmbeddedRules.Metrics);
        }
    }

    /// <summary>Whose token it is; null where it is in no file. It takes the same time for every token.</summary>
    /// <param name="hash">SHA-256 of the token.</param>
    public Caller? Find(ReadOnlySpan<byte> hash)
    {
        Caller? found = null;
        foreach (var (caller, tokens) in _all)
        {
            foreach (var token in tokens.Current)
            {
                if (CryptographicOperations.FixedTimeEquals(token, hash))
                {
                    found ??= caller;
                }
            }
        }

        return found;
    }

    private static void Make(string path)
    {
        try
        {
            if (!File.Exists(path))
            {
                DataFolder.Replace(path, Encoding.ASCII.GetBytes(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)) + "\n"), secret: true);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"The API's token {path} cannot be written: make its folder writable for this user.", inner: e);
        }
    }
}
