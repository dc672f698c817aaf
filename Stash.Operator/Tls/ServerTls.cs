using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Stash.Core;
using Stash.Core.Configuration.Web;
using Stash.Operator.Files;

namespace Stash.Operator.Tls;

/// <summary>TLS as a web configuration asks for it. Certificates are read anew when their files change, for the handshakes from then on.</summary>
internal sealed class ServerTls
{
    private readonly WebTls _tls;
    private readonly bool _http2;
    private readonly Watched<SslServerAuthenticationOptions> _watched;

    /// <exception cref="UserErrorException">A file cannot be read, or is no certificate or key.</exception>
    public ServerTls(WebTls tls, bool http2, TimeProvider time, ILogger logger)
    {
        (_tls, _http2) = (tls, http2);
        _watched = new Watched<SslServerAuthenticationOptions>(
            [.. new[] { tls.Certificate.File, tls.Key.File, tls.ClientAuthorities?.File }.OfType<string>()], Read, time, logger);
    }

    /// <summary>For the next handshake.</summary>
    public SslServerAuthenticationOptions Current => _watched.Current;

    private SslServerAuthenticationOptions Read(IReadOnlyList<byte[]> contents)
    {
        Queue<byte[]> files = new(contents);
        string Text(PemSource source) => source.Text ?? Encoding.UTF8.GetString(files.Dequeue());
        var (certificate, key) = (Text(_tls.Certificate), Text(_tls.Key));
        var authorities = _tls.ClientAuthorities is { } source ? Text(source) : null;
        var needed = _tls.ClientAuthentication;
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = ServedCertificate.Read(certificate, key, _tls.Certificate.File ?? "cert", _tls.Key.File ?? "key").Context,
            EnabledSslProtocols = _tls.Tls13Only ? SslProtocols.Tls13 : _tls.Tls12Only ? SslProtocols.Tls12 : SslProtocols.Tls12 | SslProtocols.Tls13,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            ApplicationProtocols = _http2 ? [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11] : [SslApplicationProtocol.Http11],
            ClientCertificateRequired = needed != ClientAuthentication.None,
            RemoteCertificateValidationCallback = (_, client, _, errors) => Accepts(client as X509Certificate2, errors),
            // For a client's certificate: one made for servers alone does not do.
            CertificateChainPolicy = Authorities.Trust(
                authorities is null ? null : Authorities.Read(_tls.ClientAuthorities!.File ?? "client_ca", authorities), Authorities.ClientAuthentication),
        };
        if (_tls.CipherSuites.Count > 0)
        {
            options.CipherSuitesPolicy = Suites();
        }

        return options;
    }

    private bool Accepts(X509Certificate2? client, SslPolicyErrors errors)
    {
        if (client is null)
        {
            return _tls.ClientAuthentication is ClientAuthentication.None or ClientAuthentication.Request or ClientAuthentication.VerifyIfGiven;
        }

        if (_tls.ClientAuthentication is ClientAuthentication.VerifyIfGiven or ClientAuthentication.RequireAndVerify && errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
        {
            return false;
        }

        return _tls.ClientAllowedNames is not { } allowed || NamesOf(client).Any(n => allowed.Contains(n, StringComparer.Ordinal));
    }

    private static IEnumerable<string> NamesOf(X509Certificate2 client)
    {
        foreach (var extension in client.Extensions.OfType<X509SubjectAlternativeNameExtension>())
        {
            foreach (var name in extension.EnumerateDnsNames())
            {
                yield return name;
            }

            foreach (var address in extension.EnumerateIPAddresses())
            {
                yield return address.ToString();
            }
        }

        // Those that .NET lists by no other means.
        if (client.GetNameInfo(X509NameType.UrlName, forIssuer: false) is { Length: > 0 } uri)
        {
            yield return uri;
        }

        if (client.GetNameInfo(X509NameType.EmailName, forIssuer: false) is { Length: > 0 } mail)
        {
            yield return mail;
        }
    }

    private CipherSuitesPolicy Suites()
    {
        // TLS 1.3 has its own, which no list takes away, as in Go.
        List<TlsCipherSuite> suites = [TlsCipherSuite.TLS_AES_128_GCM_SHA256, TlsCipherSuite.TLS_AES_256_GCM_SHA384, TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256];
        foreach (var name in _tls.CipherSuites)
        {
            suites.Add(Enum.TryParse(name, out TlsCipherSuite suite) && name.StartsWith("TLS_", StringComparison.Ordinal)
                ? suite
                : throw new UserErrorException($"cipher_suites holds \"{name}\": give names as TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256."));
        }

        return new CipherSuitesPolicy(suites);
    }
}
