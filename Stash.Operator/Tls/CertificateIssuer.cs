using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Stash.Core.Configuration;

namespace Stash.Operator.Tls;

/// <summary>A certificate that was made, and its key, both in PEM.</summary>
internal sealed record IssuedCertificate(string Certificate, string Key)
{
    /// <summary>Writes both, the key with mode 0600.</summary>
    public void Write(string certificateFile, string keyFile)
    {
        // The key first: whoever sees the certificate can rely on the key.
        DataFolder.Replace(keyFile, Encoding.ASCII.GetBytes(Key), secret: true);
        DataFolder.Replace(certificateFile, Encoding.ASCII.GetBytes(Certificate));
    }
}

/// <summary>Makes certificates: ECDSA P-256, signed with SHA-256, for one use each.</summary>
internal static class CertificateIssuer
{
    /// <summary>Of every authority and serving certificate that is made here; what has another name is somebody else's.</summary>
    public const string AuthorityName = "CN=Stash operator CA";

    public const string ServingName = "CN=stash-operator";

    public static readonly TimeSpan AuthorityLife = TimeSpan.FromDays(3650);
    public static readonly TimeSpan ServingLife = TimeSpan.FromDays(365);

    /// <summary>Clocks differ a little.</summary>
    private static readonly TimeSpan Backdated = TimeSpan.FromMinutes(5);

    /// <summary>An authority that signs itself. Its name has the day, so that it differs from that of the one before.</summary>
    public static IssuedCertificate Authority(DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new(FormattableString.Invariant($"{AuthorityName} {now.UtcDateTime:yyyy-MM-dd}"), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        using var made = request.CreateSelfSigned(now - Backdated, now + AuthorityLife);
        return Pem(made, key);
    }

    /// <param name="signer">The authority, with its key.</param>
    /// <param name="names">DNS names and IP addresses.</param>
    /// <param name="now">Its begin.</param>
    public static IssuedCertificate Serving(X509Certificate2 signer, IEnumerable<string> names, DateTimeOffset now)
    {
        SubjectAlternativeNameBuilder alternatives = new();
        foreach (var name in names)
        {
            if (IPAddress.TryParse(name, out var address))
            {
                alternatives.AddIpAddress(address);
            }
            else
            {
                alternatives.AddDnsName(name);
            }
        }

        return Leaf(signer, new X500DistinguishedName(ServingName), Authorities.ServerAuthentication, now, ServingLife, alternatives.Build());
    }

    /// <param name="signer">The authority, with its key.</param>
    /// <param name="name">The client's common name.</param>
    /// <param name="group">Its organization, which says what it may.</param>
    /// <param name="now">Its begin.</param>
    /// <param name="life">At most; it ends no later than its authority.</param>
    public static IssuedCertificate Client(X509Certificate2 signer, string name, string group, DateTimeOffset now, TimeSpan life)
    {
        // Written from the end: the organization first, as Kubernetes' own.
        X500DistinguishedNameBuilder subject = new();
        subject.AddCommonName(name);
        subject.AddOrganizationName(group);
        return Leaf(signer, subject.Build(), Authorities.ClientAuthentication, now, life);
    }

    private static IssuedCertificate Leaf(X509Certificate2 signer, X500DistinguishedName subject, string use, DateTimeOffset now, TimeSpan life, params ReadOnlySpan<X509Extension> more)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(use)], critical: false));
        if (signer.Extensions.OfType<X509SubjectKeyIdentifierExtension>().Any())
        {
            request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(signer, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        }

        foreach (var extension in more)
        {
            request.CertificateExtensions.Add(extension);
        }

        DateTimeOffset begin = now - Backdated, end = now + life, authorityBegin = new(signer.NotBefore), authorityEnd = new(signer.NotAfter);
        var serial = RandomNumberGenerator.GetBytes(16);
        using var made = signer.GetRSAPrivateKey() is { } rsa
            ? SignedBy(rsa)
            : request.Create(signer, begin > authorityBegin ? begin : authorityBegin, end < authorityEnd ? end : authorityEnd, serial);
        return Pem(made, key);

        // An authority of the user's may have another kind of key than what it signs.
        X509Certificate2 SignedBy(RSA key)
        {
            using (key)
            {
                return request.Create(signer.SubjectName, X509SignatureGenerator.CreateForRSA(key, RSASignaturePadding.Pkcs1), begin > authorityBegin ? begin : authorityBegin, end < authorityEnd ? end : authorityEnd, serial);
            }
        }
    }

    private static IssuedCertificate Pem(X509Certificate2 certificate, ECDsa key) => new(certificate.ExportCertificatePem() + "\n", key.ExportPkcs8PrivateKeyPem() + "\n");
}
