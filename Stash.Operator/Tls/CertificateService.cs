using Stash.Operator.Telemetry;

namespace Stash.Operator.Tls;

/// <summary>
/// Looks at the certificates also while nobody connects, so that they are renewed in time for those who read their files; and exposes the end of
/// the one that serves. One that somebody else should have renewed by now is told of.
/// </summary>
internal sealed partial class CertificateService : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Late = TimeSpan.FromDays(7);

    private readonly IServingCertificate _serving;
    private readonly CertificateStore _own;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private ServedCertificate? _told;

    public CertificateService(IServingCertificate serving, CertificateStore own, OperatorMetrics metrics, TimeProvider time, ILogger<CertificateService> logger)
    {
        (_serving, _own, _time, _logger) = (serving, own, time, logger);
        var end = metrics.Factory.CreateGauge("stash_serving_certificate_expiration_timestamp_seconds", "When the certificate that :8443 shows ends, in seconds since 1970.");
        metrics.Registry.AddBeforeCollectCallback(() => end.Set(serving.Current.End.ToUnixTimeSeconds()));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(Period, _time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            TellOfEnd(_serving.Current);
            // Its authority signs client certificates, whatever serves.
            _ = _own.Current;
        }
    }

    private void TellOfEnd(ServedCertificate current)
    {
        // A tenth of its life: whoever renews it does so long before, whether it is good for a year or for a day.
        var late = (current.End - current.Begin) / 10;
        if (current != _told && current.End - _time.GetUtcNow() < (late < Late ? late : Late))
        {
            _told = current;
            LogEnds(_logger, current.End);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The serving certificate ends at {End:yyyy-MM-ddTHH:mm:ssZ}, and nobody has renewed it: clients refuse it from then on")]
    private static partial void LogEnds(ILogger logger, DateTimeOffset end);
}
