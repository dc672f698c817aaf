using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Time.Testing;
using Stash.Core.Configuration;
using Stash.Operator.Telemetry;
using Stash.Operator.Tests.Support;
using Stash.Operator.Tls;

namespace Stash.Operator.Tests.Tls;

/// <summary>What happens to the serving certificate while nobody connects.</summary>
public sealed class CertificateServiceTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));
    private readonly OperatorMetrics _metrics = new();
    private readonly ListLogger _log = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task It_is_renewed_and_its_end_is_exposed()
    {
        CertificateStore store = new(DataFolder.Open(_folder.FullPath), ["localhost"], _time, new ListLogger());
        var first = await File.ReadAllTextAsync(_folder.In("tls.crt"), Stop);
        using CertificateService service = new(store, store, _metrics, _time, _log.Of<CertificateService>());
        await service.StartAsync(Stop);
        (await EndAsync()).ShouldBe(_time.GetUtcNow().AddDays(365).ToUnixTimeSeconds());
        await Eventually.TrueAsync("the certificate was renewed", () =>
        {
            // A tick is missed where the service has not come to wait for it.
            _time.Advance(TimeSpan.FromDays(30));
            return File.ReadAllText(_folder.In("tls.crt")) != first;
        });
        await service.StopAsync(Stop);
        (await EndAsync()).ShouldBe(store.Current.End.ToUnixTimeSeconds());
        _log.Lines.ShouldBeEmpty();
    }

    [Fact]
    public async Task One_that_nobody_renews_is_told_of_once()
    {
        using TestAuthority authority = new();
        authority.IssueTo(_folder.In("given"), TimeSpan.FromHours(9));
        _time.SetUtcNow(DateTimeOffset.UtcNow);
        var data = DataFolder.Open(_folder.FullPath);
        CertificateStore own = new(data, ["localhost"], _time, new ListLogger());
        CertificateFromFiles files = new(data, _folder.In("given.crt"), _folder.In("given.key"), _time, new ListLogger());
        using CertificateService service = new(files, own, _metrics, _time, _log.Of<CertificateService>());
        await service.StartAsync(Stop);
        await Eventually.TrueAsync("it is told", () =>
        {
            _time.Advance(TimeSpan.FromMinutes(10));
            return _log.Lines.Count > 0;
        });
        (files.Current.End - _time.GetUtcNow()).ShouldBeLessThanOrEqualTo(TimeSpan.FromHours(1));
        for (var i = 0; i < 10; i++)
        {
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        await service.StopAsync(Stop);
        _log.Lines.ShouldBe([$"The serving certificate ends at {Text(files.Current.End)}, and nobody has renewed it: clients refuse it from then on"]);
    }

    [Fact]
    public async Task The_check_tells_whether_it_is_valid_and_until_when()
    {
        using TestAuthority authority = new();
        authority.IssueTo(_folder.In("given"), TimeSpan.FromHours(1));
        _time.SetUtcNow(DateTimeOffset.UtcNow);
        CertificateFromFiles files = new(DataFolder.Open(_folder.FullPath), _folder.In("given.crt"), _folder.In("given.key"), _time, new ListLogger());
        var (begin, end) = (Text(files.Current.Begin), Text(files.Current.End));
        CertificateCheck check = new(files, _time);
        await ShouldBeAsync(check, HealthStatus.Healthy, $"the serving certificate is valid until {end}");
        _time.Advance(TimeSpan.FromHours(2));
        await ShouldBeAsync(check, HealthStatus.Unhealthy, $"the serving certificate ended at {end}");
        FakeTimeProvider early = new(DateTimeOffset.UtcNow.AddDays(-1));
        await ShouldBeAsync(new CertificateCheck(files, early), HealthStatus.Unhealthy, $"the serving certificate begins at {begin}");
    }

    private static async Task ShouldBeAsync(CertificateCheck check, HealthStatus status, string description)
    {
        var result = await check.CheckHealthAsync(new HealthCheckContext(), Stop);
        (result.Status, result.Description).ShouldBe((status, description));
    }

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture);

    private async Task<double> EndAsync()
    {
        using MemoryStream text = new();
        await _metrics.Registry.CollectAndExportAsTextAsync(text, Stop);
        var line = System.Text.Encoding.UTF8.GetString(text.ToArray()).Split('\n').Single(l => l.StartsWith("stash_serving_certificate_expiration_timestamp_seconds ", StringComparison.Ordinal));
        return double.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
    }
}
