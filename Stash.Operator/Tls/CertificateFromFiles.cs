using System.Text;
using Stash.Core;
using Stash.Core.Configuration;
using Stash.Operator.Files;

namespace Stash.Operator.Tls;

/// <summary>
/// A serving certificate that somebody else keeps in two files (<c>Stash:Api:CertificateFile</c>, <c>…:KeyFile</c>), as cert-manager does. Files that are replaced are taken
/// while the process runs; where only one of them is, or they cannot be read, what was read before stays.
/// </summary>
internal sealed partial class CertificateFromFiles : IServingCertificate
{
    private readonly Watched<ServedCertificate> _watched;

    /// <param name="data">Gets a file of what clients need to trust it.</param>
    /// <param name="certificate">PEM: the certificate, then those between it and its root.</param>
    /// <param name="key">PEM.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Gets a line for each change.</param>
    /// <exception cref="UserErrorException">A file cannot be read, or they are no certificate with its key.</exception>
    public CertificateFromFiles(DataFolder data, string certificate, string key, TimeProvider time, ILogger logger)
    {
        AuthorityFile = data.ServingCaCertificate;
        // As cert-manager writes it beside the others.
        var authority = Path.Combine(Path.GetDirectoryName(certificate)!, "ca.crt");
        _watched = new Watched<ServedCertificate>(File.Exists(authority) ? [certificate, key, authority] : [certificate, key], contents =>
        {
            var pem = Encoding.UTF8.GetString(contents[0]);
            var served = ServedCertificate.Read(pem, Encoding.UTF8.GetString(contents[1]), certificate, key);
            ServingTrust.Write(data, ServingTrust.Of(pem, contents.Count > 2 ? Encoding.UTF8.GetString(contents[2]) : ""));
            if (SecretFiles.IsForEveryone(key))
            {
                LogForEveryone(logger, key);
            }

            if (served.End < time.GetUtcNow())
            {
                LogEnded(logger, certificate, served.End);
            }

            return served;
        }, time, logger);
    }

    public ServedCertificate Current => _watched.Current;

    public string AuthorityFile { get; }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{File} holds a key and can be read by every user of this machine: make it this user's alone with chmod 600")]
    private static partial void LogForEveryone(ILogger logger, string file);

    [LoggerMessage(Level = LogLevel.Error, Message = "The certificate in {File} ended at {End:yyyy-MM-ddTHH:mm:ssZ}: clients refuse it, put a new one in its place")]
    private static partial void LogEnded(ILogger logger, string file, DateTimeOffset end);
}
