using Prometheus;

namespace Stash.Operator.Telemetry;

/// <summary>Until when the operator's certificates are good.</summary>
internal sealed class CertificateMetrics(OperatorMetrics metrics)
{
    private readonly Gauge _expiry = metrics.Factory.CreateGauge("stash_certificate_expiry_time_seconds", "Until when a certificate of the operator is good, Unix seconds.", ["certificate"]);

    /// <summary>Tells of a certificate from now on.</summary>
    /// <param name="certificate">What it is, as <c>serving</c>; not from outside.</param>
    /// <param name="notAfter">Its end, as it is at this moment; null where it is not known. Asked at each scrape.</param>
    public void Add(string certificate, Func<DateTimeOffset?> notAfter)
    {
        var expiry = _expiry.WithLabels(certificate);
        metrics.Registry.AddBeforeCollectCallback(() =>
        {
            if (notAfter() is { } end)
            {
                expiry.Set(end.ToUnixTimeSeconds());
            }
            else
            {
                expiry.Unpublish();
            }
        });
    }
}
