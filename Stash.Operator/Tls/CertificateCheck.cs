using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Stash.Operator.Tls;

/// <summary>Whether clients can take the serving certificate: it is valid now.</summary>
internal sealed class CertificateCheck(IServingCertificate serving, TimeProvider time) : IHealthCheck
{
    public const string Name = "certificate";

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var (current, now) = (serving.Current, time.GetUtcNow());
        return Task.FromResult(
            now > current.End ? HealthCheckResult.Unhealthy($"the serving certificate ended at {Text(current.End)}")
            : now < current.Begin ? HealthCheckResult.Unhealthy($"the serving certificate begins at {Text(current.Begin)}")
            : HealthCheckResult.Healthy($"the serving certificate is valid until {Text(current.End)}"));
    }

    private static string Text(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}
