using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Stash.Core;

namespace Stash.Operator.Tls;

/// <summary>Certificates of authorities in PEM, and chains that end in them and nowhere else.</summary>
internal static class Authorities
{
    public const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    public const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    /// <param name="name">What the error names: a file, or a key of a configuration.</param>
    /// <param name="pem">One certificate or more.</param>
    /// <exception cref="UserErrorException">It holds none, or one that is damaged.</exception>
    public static X509Certificate2Collection Read(string name, string pem)
    {
        X509Certificate2Collection authorities = [];
        try
        {
            authorities.ImportFromPem(pem);
        }
        catch (CryptographicException)
        {
            authorities.Clear();
        }

        return authorities.Count > 0
            ? authorities
            : throw new UserErrorException($"{name} holds no certificate in PEM: give those of the authorities that client certificates come from.");
    }

    /// <inheritdoc cref="Read(string, string)"/>
    public static X509Certificate2Collection Read(string name, byte[] pem) => Read(name, Encoding.UTF8.GetString(pem));

    /// <summary>Trust in these authorities alone, for one use. Nothing is fetched: what a stranger's certificate names as its issuer's address is not asked.</summary>
    /// <param name="authorities">Roots, and what is between them and the leaves; null for those that the system trusts.</param>
    /// <param name="use">An extended key usage.</param>
    public static X509ChainPolicy Trust(X509Certificate2Collection? authorities, string use)
    {
        X509ChainPolicy policy = new() { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        policy.ApplicationPolicy.Add(new Oid(use));
        if (authorities is not null)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(authorities);
        }

        return policy;
    }
}
