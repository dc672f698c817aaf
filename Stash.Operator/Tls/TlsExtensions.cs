using Microsoft.AspNetCore.Server.Kestrel.Core;
using Stash.Core;
using Stash.Core.Configuration;
using Stash.Operator.Health;

namespace Stash.Operator.Tls;

/// <summary>Adds the certificates of the API's listener to the operator's host.</summary>
internal static class TlsExtensions
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
            ? new CertificateFromFiles(certificate, key, time, log.CreateLogger<CertificateFromFiles>())
            : own;
        services.AddSingleton(own).AddSingleton(serving);
        services.AddSingleton(new ClientCertificates(data, options.Api.ClientCaFile, time, log.CreateLogger<ClientCertificates>()));
        services.AddHostedService<CertificateService>();
        services.AddHealthChecks().AddCheck<CertificateCheck>(CertificateCheck.Name, tags: [HealthTags.Ready]);
        return new ApiTls(serving);
    }

    public static void UseTls(this ListenOptions listen, ApiTls tls) => listen.UseHttps(tls.Handshake);
}
