using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Stash.Operator.Tls;

/// <summary>
/// TLS of the API's listener. The handshake asks for a client certificate and takes any, or none: who it is from and whether it is good is
/// found out for each request, which can be told why it is refused.
/// </summary>
internal sealed class ApiTls(IServingCertificate serving)
{
    // One object as long as the certificate is the same: sessions are resumed by it.
    private volatile Pair? _current;

    /// <summary>What the listener does at each handshake.</summary>
    public TlsHandshakeCallbackOptions Handshake => new() { OnConnection = _ => ValueTask.FromResult(Current()) };

    private SslServerAuthenticationOptions Current()
    {
        var wanted = serving.Current;
        if (_current is not { } current || current.Certificate != wanted)
        {
            // Two handshakes at once may both make them; either will do.
            _current = current = new Pair(wanted, Options(wanted.Context));
        }

        return current.Options;
    }

    private static SslServerAuthenticationOptions Options(SslStreamCertificateContext context) => new()
    {
        ServerCertificateContext = context,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        ClientCertificateRequired = true,
        // No certificate, or one of strangers: not judged here.
        RemoteCertificateValidationCallback = static (_, _, _, errors) =>
            (errors & ~(SslPolicyErrors.RemoteCertificateNotAvailable | SslPolicyErrors.RemoteCertificateChainErrors)) == SslPolicyErrors.None,
        CertificateChainPolicy = Authorities.Trust([], Authorities.ClientAuthentication),
    };

    private sealed record Pair(ServedCertificate Certificate, SslServerAuthenticationOptions Options);
}
