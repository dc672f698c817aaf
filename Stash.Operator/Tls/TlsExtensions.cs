using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Stash.Core;
using Stash.Core.Configuration;
using Stash.Operator.Health;

namespace Stash.Operator.Tls;

/// <summary>Adds the certificates of the API's listener to the operator's host.</summary>
internal static partial class TlsExtensions
{
    /// <summary>Reads or makes the serving certificate, reads the authorities of clients, and keeps both up to date.</summary>
    /// <param name="services">Of the host.</param>
    /// <param name="data">Holds the own authority.</param>
    /// <param name="options">Where the certificates are, and the names that are served.</param>
    /// <param name="namespace">Where the operator's Service is.</param>
    /// <param name="time">The clock of their validity.</param>
    /// <param name="log">Gets what changes.</param>
    /// <returns>What the listener does at each handshake.</returns>
    /// <exception cref="UserErrorException">A file cannot be used.</exception>
    public static ApiTls AddOperatorTls(this IServiceCollection services, DataFolder data, StashOptions options, string @namespace, TimeProvider time, ILoggerFactory log)
    {
        var names = ServingNames.Of(options.Api, options.Kubernetes.ServiceName, @namespace);
        CertificateStore own = new(data, names, time, log.CreateLogger<CertificateStore>());
        IServingCertificate serving = options.Api is { CertificateFile: { } certificate, KeyFile: { } key }
            ? new CertificateFromFiles(data, certificate, key, time, log.CreateLogger<CertificateFromFiles>())
            : own;
        if (serving == own)
        {
            // Of a certificate that was given before.
            File.Delete(data.ServingCaCertificate);
        }

        services.AddSingleton(own).AddSingleton(serving);
        services.AddSingleton(new ClientCertificates(data, options.Api.ClientCaFile, time, log.CreateLogger<ClientCertificates>()));
        services.AddHostedService<CertificateService>();
        services.AddHealthChecks().AddCheck<CertificateCheck>(CertificateCheck.Name, tags: [HealthTags.Ready]);
        return new ApiTls(serving);
    }

    /// <summary>TLS on a listener.</summary>
    public static void UseTls(this ListenOptions listen, TlsHandshakeCallbackOptions handshake)
    {
        var logger = listen.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(TlsExtensions));
        listen.Use(next => async connection =>
        {
            try
            {
                await next(connection);
            }
            catch (Exception e)
            {
                // The runtime's reader of a ClientHello fails on some that are broken; the server would log it as a fault of its own, for everyone who sends one.
                LogBroken(logger, e, connection.ConnectionId);
            }
        });
        listen.UseHttps(handshake);
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Connection {Id} ended in its handshake")]
    private static partial void LogBroken(ILogger logger, Exception exception, string id);
}
