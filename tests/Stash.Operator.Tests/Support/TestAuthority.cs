using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Stash.Operator.Tests.Support;

/// <summary>An authority of a test's own, and certificates that it signs.</summary>
internal sealed class TestAuthority : IDisposable
{
    /// <param name="rsa">Its key is RSA in place of ECDSA.</param>
    public TestAuthority(bool rsa = false)
    {
        using var ecdsaKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var rsaKey = RSA.Create(2048);
        var request = rsa
            ? new CertificateRequest("CN=test authority", rsaKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest("CN=test authority", ecdsaKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        Certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(2));
    }

    private TestAuthority(X509Certificate2 certificate) => Certificate = certificate;

    public X509Certificate2 Certificate { get; }

    /// <summary>An operator's own, of its data folder.</summary>
    public static TestAuthority In(string dataDirectory) => new(X509Certificate2.CreateFromPemFile(Path.Combine(dataDirectory, "ca.crt"), Path.Combine(dataDirectory, "ca.key")));

    /// <summary>Its key, PEM.</summary>
    public string Key => (Certificate.GetECDsaPrivateKey() as AsymmetricAlgorithm ?? Certificate.GetRSAPrivateKey()!).ExportPkcs8PrivateKeyPem();

    /// <summary>A certificate for 127.0.0.1, localhost and other names, with its key, in PEM.</summary>
    public (string Certificate, string Key) Issue(params string[] names) => Issue(TimeSpan.FromDays(1), names);

    /// <summary>The same.</summary>
    /// <param name="to">From now, when it ends; negative for the past.</param>
    /// <param name="names">As above.</param>
    public (string Certificate, string Key) Issue(TimeSpan to, params string[] names)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder alternatives = new();
        alternatives.AddIpAddress(IPAddress.Loopback);
        alternatives.AddDnsName("localhost");
        foreach (var name in names)
        {
            alternatives.AddDnsName(name);
        }

        request.CertificateExtensions.Add(alternatives.Build());
        using var made = request.Create(Certificate, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow + to, RandomNumberGenerator.GetBytes(16));
        return (made.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>A certificate for a client, with its key.</summary>
    /// <param name="subject">As <c>CN=ci, O=stash:view</c>.</param>
    /// <param name="from">From now, by how much; negative for the past.</param>
    /// <param name="to">The same for its end.</param>
    /// <param name="use">Its extended key usage; null for none.</param>
    public X509Certificate2 IssueClient(string subject, TimeSpan? from = null, TimeSpan? to = null, string? use = "1.3.6.1.5.5.7.3.2")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        if (use is not null)
        {
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(use)], critical: false));
        }

        var now = DateTimeOffset.UtcNow;
        var begin = now + (from ?? TimeSpan.FromMinutes(-30));
        var authority = new DateTimeOffset(Certificate.NotBefore);
        using var made = request.Create(Certificate, begin > authority ? begin : authority, now + (to ?? TimeSpan.FromDays(1)), RandomNumberGenerator.GetBytes(16));
        return made.CopyWithPrivateKey(key);
    }

    /// <summary>An authority that this one has signed.</summary>
    public TestAuthority IssueBetween()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=test authority between", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        // As long as this one: what it issues ends before it.
        using var made = request.Create(Certificate, DateTimeOffset.UtcNow.AddHours(-1), new DateTimeOffset(Certificate.NotAfter), RandomNumberGenerator.GetBytes(16));
        return new TestAuthority(made.CopyWithPrivateKey(key));
    }

    /// <summary>Issues one and writes it as PATH.crt and PATH.key.</summary>
    public void IssueTo(string path, params string[] names) => IssueTo(path, TimeSpan.FromDays(1), names);

    /// <summary>The same.</summary>
    public void IssueTo(string path, TimeSpan to, params string[] names)
    {
        var (certificate, key) = Issue(to, names);
        File.WriteAllText($"{path}.key", key);
        File.SetUnixFileMode($"{path}.key", UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.WriteAllText($"{path}.crt", certificate);
    }

    /// <summary>A client that trusts this authority alone, and shows a certificate where one is given.</summary>
    public HttpClient Client(Uri address, (string Certificate, string Key)? own = null, Action<X509Certificate2>? seen = null)
    {
        SocketsHttpHandler handler = new() { PooledConnectionLifetime = TimeSpan.Zero };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
        {
            seen?.Invoke((X509Certificate2)certificate!);
            chain!.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.Add(Certificate);
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            return chain.Build((X509Certificate2)certificate!);
        };
        if (own is { } pem)
        {
            handler.SslOptions.ClientCertificateContext = System.Net.Security.SslStreamCertificateContext.Create(X509Certificate2.CreateFromPem(pem.Certificate, pem.Key), null, offline: true);
        }

        return new HttpClient(handler) { BaseAddress = address };
    }

    public void Dispose() => Certificate.Dispose();
}
