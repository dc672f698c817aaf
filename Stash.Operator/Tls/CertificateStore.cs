using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Stash.Core;
using Stash.Core.Configuration;

namespace Stash.Operator.Tls;

/// <summary>
/// The operator's own authority and serving certificate in the data folder: <c>ca.crt</c>, <c>ca.key</c>, <c>tls.crt</c>,
/// <c>tls.key</c> (PEM, ECDSA P-256; keys with mode 0600). Made at first start; the serving certificate anew when its names change or its end is near,
/// also while the process runs.
/// </summary>
/// <param name="data">Where the files are.</param>
/// <param name="names">DNS names and IP addresses that clients may use.</param>
/// <param name="time">The clock of their validity.</param>
public sealed class CertificateStore(DataFolder data, IReadOnlyCollection<string> names, TimeProvider time)
{
    private static readonly TimeSpan AuthorityLife = TimeSpan.FromDays(3650);
    private static readonly TimeSpan ServingLife = TimeSpan.FromDays(365);
    private static readonly TimeSpan RenewBefore = TimeSpan.FromDays(30);

    private readonly Lock _lock = new();
    private X509Certificate2? _current;

    /// <summary>The certificate to serve with, its chain's authority in <see cref="DataFolder.CaCertificate"/>.</summary>
    /// <exception cref="UserErrorException">A file is damaged, or cannot be read or written.</exception>
    public X509Certificate2 Current
    {
        get
        {
            lock (_lock)
            {
                if (_current is null)
                {
                    _current = Load();
                }
                else if (IsNearItsEnd(_current))
                {
                    Renew();
                }

                return _current;
            }
        }
    }

    private void Renew()
    {
        try
        {
            // The one before is not disposed: handshakes may be using it.
            _current = Load();
        }
        catch (UserErrorException)
        {
            // The one before serves on; the next handshake tries again, the next start says what is wrong.
        }
    }

    private X509Certificate2 Load()
    {
        try
        {
            using var authority = Authority();
            if (TryRead("tls", out var serving) && IsGood(serving, authority))
            {
                return serving;
            }

            serving?.Dispose();
            return NewServing(authority);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"The certificates in {data.FullPath} cannot be read or written: make ca.crt, ca.key, tls.crt and tls.key there accessible to this user.", inner: e);
        }
    }

    private X509Certificate2 Authority()
    {
        // Without its certificate nobody can have trusted the key: as after a crash between the two at first start.
        if (!File.Exists(data.CaCertificate))
        {
            return NewAuthority();
        }

        return TryRead("ca", out var authority)
            ? authority
            : throw new UserErrorException($"{data.CaCertificate} and ca.key are no certificate with its key: move both away and start again to have new ones made.");
    }

    private bool TryRead(string name, [NotNullWhen(true)] out X509Certificate2? certificate)
    {
        try
        {
            certificate = X509Certificate2.CreateFromPemFile(data.In($"{name}.crt"), data.In($"{name}.key"));
            return true;
        }
        catch (Exception e) when (e is CryptographicException or FileNotFoundException or ArgumentException)
        {
            certificate = null;
            return false;
        }
    }

    private bool IsNearItsEnd(X509Certificate2 certificate) => certificate.NotAfter.ToUniversalTime() - time.GetUtcNow().UtcDateTime < RenewBefore;

    private bool IsGood(X509Certificate2 serving, X509Certificate2 authority)
    {
        if (IsNearItsEnd(serving))
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

    private X509Certificate2 NewServing(X509Certificate2 authority)
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
        // The key first: whoever sees the certificate can rely on the key. A pair that a crash has torn apart is made anew at the next start.
        DataFolder.Replace(data.In($"{name}.key"), System.Text.Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem() + "\n"), secret: true);
        DataFolder.Replace(data.In($"{name}.crt"), System.Text.Encoding.ASCII.GetBytes(certificate.ExportCertificatePem() + "\n"));
        return X509Certificate2.CreateFromPemFile(data.In($"{name}.crt"), data.In($"{name}.key"));
    }
}
