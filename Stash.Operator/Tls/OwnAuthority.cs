using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Stash.Core;
using Stash.Core.Configuration;

namespace Stash.Operator.Tls;

/// <summary>
/// The operator's own authority in the data folder: <c>ca.key</c>, and <c>ca.crt</c> with its certificate first. A year before its end another one is made
/// (<c>ca-next.key</c>), whose certificate is in <c>ca.crt</c> from then on too; it signs from thirty days before the end of the first. So
/// whoever takes <c>ca.crt</c> anew within that year never meets a certificate that it does not trust.
/// An authority that was put there by somebody else is used as it is.
/// </summary>
internal sealed class OwnAuthority
{
    private static readonly TimeSpan SignsNextBefore = TimeSpan.FromDays(30);
    private static readonly TimeSpan NextBefore = TimeSpan.FromDays(365) + SignsNextBefore;

    private OwnAuthority(X509Certificate2 signer, X509Certificate2Collection trusted) => (Signer, Trusted) = (signer, trusted);

    /// <summary>What signs, with its key.</summary>
    public X509Certificate2 Signer { get; }

    /// <summary>Everything in <c>ca.crt</c>.</summary>
    public X509Certificate2Collection Trusted { get; }

    /// <summary>Whether it was made here.</summary>
    private bool IsOurs => Signer.Subject.StartsWith(CertificateIssuer.AuthorityName, StringComparison.Ordinal);

    /// <exception cref="UserErrorException">There is none, a file cannot be read, or the key is none of a certificate of <c>ca.crt</c>.</exception>
    public static OwnAuthority Read(DataFolder data) => Read(data, Text(data.CaCertificate), Text(data.CaKey));

    /// <summary>A new one, written.</summary>
    public static OwnAuthority Make(DataFolder data, DateTimeOffset now)
    {
        CertificateIssuer.Authority(now).Write(data.CaCertificate, data.CaKey);
        return Read(data);
    }

    /// <summary>Makes the next one, or has it sign from now on, where it is time for that.</summary>
    /// <returns>What is then; this one where nothing has changed.</returns>
    public OwnAuthority Advance(DataFolder data, DateTimeOffset now)
    {
        if (!IsOurs)
        {
            return this;
        }

        var left = new DateTimeOffset(Signer.NotAfter) - now;
        if (left < NextBefore && Next(data) is null)
        {
            // The key first, as always: a certificate without one would be trusted for nothing.
            var made = CertificateIssuer.Authority(now);
            DataFolder.Replace(data.CaNextKey, Encoding.ASCII.GetBytes(made.Key), secret: true);
            return Write(data, [.. Trusted, X509Certificate2.CreateFromPem(made.Certificate)], now).Advance(data, now);
        }

        if (left < SignsNextBefore && Next(data) is { } next)
        {
            // After this alone, ca.key belongs to the second certificate of ca.crt: as good.
            File.Move(data.CaNextKey, data.CaKey, overwrite: true);
            return Write(data, [next, .. Trusted], now);
        }

        return Trusted.Any(c => new DateTimeOffset(c.NotAfter) < now && c.Thumbprint != Signer.Thumbprint) || Trusted[0].Thumbprint != Signer.Thumbprint
            ? Write(data, [Signer, .. Trusted], now)
            : this;
    }

    private static OwnAuthority Read(DataFolder data, string certificates, string key)
    {
        X509Certificate2Collection trusted = [];
        try
        {
            trusted.ImportFromPem(certificates);
        }
        catch (CryptographicException)
        {
            // Told below, as a file without any is.
        }

        foreach (var certificate in trusted.Where(IsAuthority))
        {
            if (With(certificate, key) is { } signer)
            {
                return new OwnAuthority(signer, trusted);
            }
        }

        throw new UserErrorException($"{data.CaCertificate} and ca.key are no certificate with its key: move both away and start again to have new ones made.");
    }

    private static bool IsAuthority(X509Certificate2 certificate) => certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(e => e.CertificateAuthority);

    private static X509Certificate2? With(X509Certificate2 certificate, string key)
    {
        try
        {
            return X509Certificate2.CreateFromPem(certificate.ExportCertificatePem(), key);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return null;
        }
    }

    private static string Text(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"{path} cannot be read: make it a file that this user may read.", inner: e);
        }
    }

    /// <summary>The certificate in <c>ca.crt</c> that belongs to <c>ca-next.key</c>.</summary>
    private X509Certificate2? Next(DataFolder data) => Text(data.CaNextKey) is { Length: > 0 } key ? Trusted.FirstOrDefault(c => With(c, key) is not null) : null;

    private static OwnAuthority Write(DataFolder data, IEnumerable<X509Certificate2> certificates, DateTimeOffset now)
    {
        var valid = certificates.DistinctBy(c => c.Thumbprint, StringComparer.Ordinal).Where((c, i) => i == 0 || new DateTimeOffset(c.NotAfter) >= now);
        DataFolder.Replace(data.CaCertificate, Encoding.ASCII.GetBytes(string.Concat(valid.Select(c => c.ExportCertificatePem() + "\n"))));
        return Read(data);
    }
}
