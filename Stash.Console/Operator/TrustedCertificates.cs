using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Stash.Console.Operator;

/// <summary>A file of certificates by which another server is trusted.</summary>
public sealed class TrustedCertificates(string path)
{
    private readonly WatchedFile<X509Certificate2Collection> _file = new(path, Certificates);

    public string Path => path;

    /// <summary>Null where the file is missing, unreadable or holds none.</summary>
    public X509Certificate2Collection? Read() => _file.Read();

    /// <summary>Whether one of them has signed a certificate, or is it, for the name that was asked for.</summary>
    /// <param name="certificate">The server's.</param>
    /// <param name="shown">With what came beside it.</param>
    /// <param name="errors">What is wrong by the system's own trust.</param>
    public bool Trust(X509Certificate? certificate, X509Chain? shown, SslPolicyErrors errors)
    {
        if (certificate is not X509Certificate2 server || Read() is not { } authorities || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None)
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

    private static X509Certificate2Collection Certificates(byte[] pem)
    {
        X509Certificate2Collection collection = [];
        collection.ImportFromPem(Encoding.ASCII.GetString(pem));
        return collection.Count > 0 ? collection : throw new FormatException();
    }
}
