using Stash.Operator.Telemetry;

namespace Stash.Operator.Tls;

/// <summary>
/// Looks at the certificates also while nobody connects, so that they are renewed in time for those who read their files; and exposes the end of
/// the one that serves.
/// </summary>
internal sealed class CertificateService : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(30);

    private readonly IServingCertificate _serving;
    private readonly CertificateStore _own;
    private readonly TimeProvider _time;

    public CertificateService(IServingCertificate serving, CertificateStore own, OperatorMetrics metrics, TimeProvider time)
    {
        (_serving, _own, _time) = (serving, own, time);
        var end = metrics.Factory.CreateGauge("stash_serving_certificate_expiration_timestamp_seconds", "When the certificate that :8443 shows ends, in seconds since 1970.");
        metrics.Registry.AddBeforeCollectCallback(() => end.Set(serving.Current.End.ToUnixTimeSeconds()));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(Period, _time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            _ = _serving.Current;
            // Its authority signs client certificates, whatever serves.
            _ = _own.Current;
        }
    }
}
