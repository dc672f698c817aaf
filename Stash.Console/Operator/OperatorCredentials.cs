using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Stash.Core.Configuration;

namespace Stash.Console.Operator;

/// <summary>
/// What the console trusts and shows to the operator: the CA <c>ca.crt</c> and the token <c>api-token</c> of the data folder.
/// Both are read again when they change, so an operator that made new ones is found without a restart.
/// </summary>
public sealed class OperatorCredentials(DataFolder folder)
{
    private readonly WatchedFile<string> _token = new(folder.ApiToken, static bytes => Encoding.UTF8.GetString(bytes).Trim() is { Length: > 0 } token ? token : throw new FormatException());
    private readonly WatchedFile<X509Certificate2Collection> _authorities = new(folder.CaCertificate, static bytes =>
    {
        var collection = new X509Certificate2Collection();
        collection.ImportFromPem(Encoding.ASCII.GetString(bytes));
        return collection.Count > 0 ? collection : throw new FormatException();
    });

    /// <exception cref="OperatorException">The file is missing or empty.</exception>
    public string Token() => _token.Read() ?? throw Missing(_token.Path);

    /// <exception cref="OperatorException">The file is missing or no certificate.</exception>
    public void RequireAuthority()
    {
        if (_authorities.Read() is null)
        {
            throw Missing(_authorities.Path);
        }
    }

    /// <summary>Trusts what the data folder's CA has signed, for the name that was asked for, and nothing else.</summary>
    public bool Trusts(X509Certificate? certificate, SslPolicyErrors errors)
    {
        if (certificate is not X509Certificate2 server || _authorities.Read() is not { } authorities || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None)
        {
            return false;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(server);
    }

    private static OperatorException Missing(string path) =>
        new(OperatorFailure.Unreachable, $"{path} is not there: start the operator (stash run) with this data folder, or name its data folder to the console with --Stash:DataDirectory.");
}
