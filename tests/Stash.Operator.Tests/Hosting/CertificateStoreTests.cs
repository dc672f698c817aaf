using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Time.Testing;
using Stash.Core.Configuration;
using Stash.Operator.Tests.Support;
using Stash.Operator.Tls;

namespace Stash.Operator.Tests.Hosting;

public sealed class CertificateStoreTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_serving_certificate_near_its_end_is_renewed_while_the_process_runs()
    {
        var store = Store();
        var first = store.Current;
        _time.Advance(TimeSpan.FromDays(334));
        store.Current.ShouldBe(first);
        _time.Advance(TimeSpan.FromDays(2));
        var second = store.Current;
        second.Thumbprint.ShouldNotBe(first.Thumbprint);
        second.NotAfter.ToUniversalTime().ShouldBe(_time.GetUtcNow().UtcDateTime.AddDays(365), TimeSpan.FromSeconds(1));

        // By the same authority: clients that trust it need do nothing.
        ShouldChain(second);
    }

    [Fact]
    public void A_new_name_gives_a_new_serving_certificate_by_the_same_authority()
    {
        var first = Store().Current;
        Store().Current.Thumbprint.ShouldBe(first.Thumbprint);
        var second = Store("backup.example.com").Current;
        second.Thumbprint.ShouldNotBe(first.Thumbprint);
        second.MatchesHostname("backup.example.com").ShouldBeTrue();
        second.MatchesHostname("127.0.0.1").ShouldBeTrue();
        ShouldChain(second);
    }

    [Theory]
    [InlineData("tls.crt")]
    [InlineData("tls.key")]
    public void A_torn_serving_pair_is_made_anew(string name)
    {
        _ = Store().Current;
        File.WriteAllText(_folder.In(name), "torn");
        ShouldChain(Store().Current);
        File.Delete(_folder.In(name));
        ShouldChain(Store().Current);
    }

    [Fact]
    public void An_authority_whose_certificate_was_never_written_is_made_anew()
    {
        _ = Store().Current;
        File.Delete(_folder.In("ca.crt"));
        ShouldChain(Store().Current);
    }

    [Fact]
    public void An_authority_without_its_key_is_not_replaced_silently()
    {
        _ = Store().Current;
        File.Delete(_folder.In("ca.key"));
        Should.Throw<Core.UserErrorException>(() => Store().Current).Message
            .ShouldBe($"{_folder.In("ca.crt")} and ca.key are no certificate with its key: move both away and start again to have new ones made.");
    }

    private CertificateStore Store(params string[] names) => new(DataFolder.Open(_folder.FullPath), ["localhost", "127.0.0.1", .. names], _time);

    private void ShouldChain(X509Certificate2 serving)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(X509CertificateLoader.LoadCertificateFromFile(_folder.In("ca.crt")));
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = _time.GetUtcNow().UtcDateTime;
        chain.Build(serving).ShouldBeTrue();
    }
}
