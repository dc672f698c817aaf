using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Stash.Core.Configuration;

namespace Stash.Console.Operator;

/// <summary>
/// What the console trusts and shows to the operator: the CA <c>ca.crt</c> and the token <c>api-token</c> of the data folder; in place of the CA
/// <c>serving-ca.crt</c>, which the operator writes where its certificate comes from elsewhere. All are read again when they change, so an operator that made new ones is found without a restart.
/// </summary>
public sealed class OperatorCredentials(DataFolder folder)
{
    private readonly WatchedFile<string> _token = new(folder.ApiToken, static bytes => Encoding.UTF8.GetString(bytes).Trim() is { Length: > 0 } token ? token : throw new FormatException());
    private readonly WatchedFile<X509Certificate2Collection> _own = new(folder.CaCertificate, Certificates);
    private readonly WatchedFile<X509Certificate2Collection> _given = new(folder.ServingCaCertificate, Certificates);

    /// <exception cref="OperatorException">The file is missing or empty.</exception>
    public string Token() => _token.Read() ?? throw Missing(_token.Path);

    /// <exception cref="OperatorException">The file is missing or no certificate.</exception>
    public void RequireAuthority()
    {
        if (Authorities() is null)
        {
            throw Missing(_own.Path);
        }
    }

    /// <summary>Trusts what the data folder's CA has signed, or is named there itself, for the name that was asked for, and nothing else.</summary>
    /// <param name="certificate">The operator's.</param>
    /// <param name="shown">With what came beside it.</param>
    /// <param name="errors">What is wrong by the system's own trust.</param>
    public bool Trusts(X509Certificate? certificate, X509Chain? shown, SslPolicyErrors errors)
    {
        if (certificate is not X509Certificate2 server || Authorities() is not { } authorities || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None)
        {
            return false;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.ExtraStore.AddRange(shown?.ChainPolicy.ExtraStore ?? []);
        return chain.Build(server) || (IsValid(server) && authorities.Any(a => a.RawData.AsSpan().SequenceEqual(server.RawData)));
    }

    private static bool IsValid(X509Certificate2 certificate) => DateTime.Now is var now && certificate.NotBefore <= now && now <= certificate.NotAfter;

    private X509Certificate2Collection? Authorities() => File.Exists(_given.Path) ? _given.Read() : _own.Read();

    private static X509Certificate2Collection Certificates(byte[] pem)
    {
        X509Certificate2Collection collection = [];
        collection.ImportFromPem(Encoding.ASCII.GetString(pem));
        return collection.Count > 0 ? collection : throw new FormatException();
    }

    private static OperatorException Missing(string path) =>
        new(OperatorFailure.Unreachable, $"{path} is not there: start the operator (stash run) with this data folder, or name its data folder to the console with --Stash:DataDirectory.");
}
