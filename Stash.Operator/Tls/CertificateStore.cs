using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Stash.Core;
using Stash.Core.Configuration;

namespace Stash.Operator.Tls;

/// <summary>
/// The operator's own authority and serving certificate in the data folder: <c>ca.crt</c>, <c>ca.key</c>, <c>tls.crt</c>,
/// <c>tls.key</c> (PEM, ECDSA P-256; keys with mode 0600). Made at first start; the serving certificate anew when its names change or its end is near.
/// </summary>
public sealed class CertificateStore(DataFolder data, TimeProvider time)
{
    private static readonly TimeSpan AuthorityLife = TimeSpan.FromDays(3650);
    private static readonly TimeSpan ServingLife = TimeSpan.FromDays(365);
    private static readonly TimeSpan RenewBefore = TimeSpan.FromDays(30);

    /// <summary>The certificate to serve with, its chain's authority in <see cref="DataFolder.CaCertificate"/>.</summary>
    /// <param name="names">DNS names and IP addresses that clients may use.</param>
    /// <exception cref="UserErrorException">A file is damaged, or cannot be read or written.</exception>
    public X509Certificate2 Load(IReadOnlyCollection<string> names)
    {
        try
        {
            using var authority = Existing("ca") ?? NewAuthority();
            var serving = Existing("tls");
            if (serving is not null && IsGood(serving, authority, names))
            {
                return serving;
            }

            serving?.Dispose();
            return NewServing(authority, names);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"The certificates in {data.FullPath} cannot be read or written: make ca.crt, ca.key, tls.crt and tls.key there accessible to this user.", inner: e);
        }
    }

    private X509Certificate2? Existing(string name)
    {
        var certificate = data.In($"{name}.crt");
        var key = data.In($"{name}.key");
        if (!File.Exists(certificate) && !File.Exists(key))
        {
            return null;
        }

        try
        {
            return X509Certificate2.CreateFromPemFile(certificate, key);
        }
        catch (Exception e) when (e is CryptographicException or FileNotFoundException or ArgumentException)
        {
            throw new UserErrorException($"{certificate} and {name}.key are no certificate with its key: move both away and start again to have new ones made.", inner: e);
        }
    }

    private bool IsGood(X509Certificate2 serving, X509Certificate2 authority, IReadOnlyCollection<string> names)
    {
        if (serving.NotAfter.ToUniversalTime() - time.GetUtcNow().UtcDateTime < RenewBefore)
        {
            return false;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = time.GetUtcNow().UtcDateTime;
        return chain.Build(serving) && names.All(n => serving.MatchesHostname(n, allowWildcards: false, allowCommonName: false));
    }

    private X509Certificate2 NewAuthority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Stash operator CA", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var now = time.GetUtcNow();
        using var made = request.CreateSelfSigned(now.AddMinutes(-5), now + AuthorityLife);
        return Keep("ca", made, key);
    }

    private X509Certificate2 NewServing(X509Certificate2 authority, IReadOnlyCollection<string> names)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=stash-operator", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1", "serverAuth")], critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, includeKeyIdentifier: true, includeIssuerAndSerial: false));
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

        request.CertificateExtensions.Add(alternatives.Build());
        var now = time.GetUtcNow();
        var end = now + ServingLife;
        var authorityEnd = new DateTimeOffset(authority.NotAfter);
        using var made = request.Create(authority, now.AddMinutes(-5), end < authorityEnd ? end : authorityEnd, RandomNumberGenerator.GetBytes(16));
        return Keep("tls", made, key);
    }

    private X509Certificate2 Keep(string name, X509Certificate2 certificate, ECDsa key)
    {
        // The key first: a crash between the two leaves a pair that does not match, which the next start says.
        DataFolder.Replace(data.In($"{name}.key"), System.Text.Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem() + "\n"), secret: true);
        DataFolder.Replace(data.In($"{name}.crt"), System.Text.Encoding.ASCII.GetBytes(certificate.ExportCertificatePem() + "\n"));
        return X509Certificate2.CreateFromPemFile(data.In($"{name}.crt"), data.In($"{name}.key"));
    }
}
