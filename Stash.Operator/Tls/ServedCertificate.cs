using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Stash.Core;

namespace Stash.Operator.Tls;

/// <summary>The certificate that a listener shows, of the moment.</summary>
internal interface IServingCertificate
{
    /// <summary>For the next handshake; looks at most once a second whether the files are others now.</summary>
    ServedCertificate Current { get; }

    /// <summary>The file of what clients on this machine need to trust it.</summary>
    string AuthorityFile { get; }
}

/// <summary>A certificate with its key, and the chain that goes to clients with it.</summary>
internal sealed class ServedCertificate
{
    private ServedCertificate(X509Certificate2 leaf, SslStreamCertificateContext context) => (Leaf, Context) = (leaf, context);

    public X509Certificate2 Leaf { get; }

    public SslStreamCertificateContext Context { get; }

    /// <summary>Since when it is valid.</summary>
    public DateTimeOffset Begin => new(Leaf.NotBefore);

    /// <summary>Until when.</summary>
    public DateTimeOffset End => new(Leaf.NotAfter);

    /// <param name="certificate">PEM: the certificate, then those between it and its root.</param>
    /// <param name="key">PEM, not encrypted.</param>
    /// <param name="certificateName">What the error names: a file, or a key of a configuration.</param>
    /// <param name="keyName">The same.</param>
    /// <exception cref="UserErrorException">They are no certificate and key, or not of each other.</exception>
    public static ServedCertificate Read(string certificate, string key, string certificateName, string keyName)
    {
        try
        {
            X509Certificate2Collection chain = [];
            chain.ImportFromPem(certificate);
            var leaf = X509Certificate2.CreateFromPem(certificate, key);
            return new ServedCertificate(leaf, SslStreamCertificateContext.Create(leaf, chain, offline: true));
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new UserErrorException($"{certificateName} and {keyName} are no certificate with its key in PEM: give a certificate (and its chain) and the key that belongs to it.", inner: e);
        }
    }
}
