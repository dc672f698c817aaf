using System.Security.Cryptography.X509Certificates;
using System.Text;
using Stash.Core;
using Stash.Core.Configuration;

namespace Stash.Operator.Tls;

/// <summary>What clients on this machine need to trust a certificate of somebody else's making: certificates alone, in a file of the data folder.</summary>
internal static class ServingTrust
{
    /// <summary>
    /// The roots that end its chain, of those beside it or given with it; where they are not known here, as of a public authority, the certificate itself.
    /// </summary>
    /// <param name="certificates">PEM: the certificate, then its chain.</param>
    /// <param name="beside">PEM of <c>ca.crt</c> beside it, as cert-manager writes it; empty for none.</param>
    public static string Of(string certificates, string beside)
    {
        X509Certificate2Collection chain = [], candidates = [];
        chain.ImportFromPem(certificates);
        foreach (var pem in new[] { certificates, beside })
        {
            try
            {
                candidates.ImportFromPem(pem);
            }
            catch (System.Security.Cryptography.CryptographicException)
            {
                // A file of that name may be something else.
            }
        }

        X509Certificate2Collection roots = [.. candidates.Where(c => c.SubjectName.RawData.AsSpan().SequenceEqual(c.IssuerName.RawData))];
        using X509Chain built = new() { ChainPolicy = Authorities.Trust(roots, Authorities.ServerAuthentication) };
        built.ChainPolicy.ExtraStore.AddRange(candidates);
        // Whether it is over is another matter.
        built.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
        var trusted = roots.Count > 0 && built.Build(chain[0]) ? built.ChainElements[^1].Certificate : chain[0];
        return trusted.ExportCertificatePem() + "\n";
    }

    /// <summary>Writes them where they are others than before.</summary>
    /// <exception cref="UserErrorException">The file cannot be written.</exception>
    public static void Write(DataFolder data, string trusted)
    {
        try
        {
            if (!File.Exists(data.ServingCaCertificate) || File.ReadAllText(data.ServingCaCertificate) != trusted)
            {
                DataFolder.Replace(data.ServingCaCertificate, Encoding.ASCII.GetBytes(trusted));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"{data.ServingCaCertificate} cannot be written: make it writable for this user.", inner: e);
        }
    }

    /// <summary>A name of a certificate: <c>localhost</c> where it is one, else its first.</summary>
    public static string NameOf(X509Certificate2 certificate)
    {
        if (certificate.MatchesHostname("localhost"))
        {
            return "localhost";
        }

        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().ToArray();
        return names.SelectMany(n => n.EnumerateDnsNames()).Select(n => n.StartsWith("*.", StringComparison.Ordinal) ? $"stash-operator{n[1..]}" : n).FirstOrDefault()
            ?? names.SelectMany(n => n.EnumerateIPAddresses()).FirstOrDefault()?.ToString()
            ?? "localhost";
    }
}
