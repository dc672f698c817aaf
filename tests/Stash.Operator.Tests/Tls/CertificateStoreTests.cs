using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Time.Testing;
using Stash.Core.Configuration;
using Stash.Operator.Tests.Support;
using Stash.Operator.Tls;

namespace Stash.Operator.Tests.Tls;

public sealed class CertificateStoreTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));
    private readonly ListLogger _log = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_serving_certificate_near_its_end_is_renewed_while_the_process_runs()
    {
        var store = Store();
        var first = store.Current;
        _time.Advance(TimeSpan.FromDays(334));
        store.Current.ShouldBe(first);
        _log.Lines.ShouldBeEmpty();
        _time.Advance(TimeSpan.FromDays(2));
        var second = store.Current;
        second.Leaf.Thumbprint.ShouldNotBe(first.Leaf.Thumbprint);
        second.End.UtcDateTime.ShouldBe(_time.GetUtcNow().UtcDateTime.AddDays(365), TimeSpan.FromSeconds(1));
        _log.Lines.ShouldBe([$"{_folder.In("tls.crt")} is another one: new connections get it, valid until {second.End.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}"]);

        // By the same authority: clients that trust it need do nothing.
        ShouldChain(second);
    }

    [Fact]
    public void A_new_name_gives_a_new_serving_certificate_by_the_same_authority()
    {
        var first = Store().Current;
        Store().Current.Leaf.Thumbprint.ShouldBe(first.Leaf.Thumbprint);
        var second = Store("backup.example.com", "*.example.org", "10.0.0.7").Current;
        second.Leaf.Thumbprint.ShouldNotBe(first.Leaf.Thumbprint);
        foreach (var name in new[] { "backup.example.com", "any.example.org", "10.0.0.7", "127.0.0.1", "localhost" })
        {
            second.Leaf.MatchesHostname(name).ShouldBeTrue(name);
        }

        ShouldChain(second);
        Store("*.example.org").Current.Leaf.Thumbprint.ShouldBe(second.Leaf.Thumbprint);
    }

    [Theory]
    [InlineData("tls.crt")]
    [InlineData("tls.key")]
    public void A_torn_serving_pair_is_made_anew(string name)
    {
        _ = Store();
        File.WriteAllText(_folder.In(name), "torn");
        ShouldChain(Store().Current);
        File.Delete(_folder.In(name));
        ShouldChain(Store().Current);
    }

    [Fact]
    public void An_authority_whose_certificate_was_never_written_is_made_anew()
    {
        _ = Store();
        File.Delete(_folder.In("ca.crt"));
        ShouldChain(Store().Current);
    }

    [Fact]
    public void An_authority_without_its_key_is_not_replaced_silently()
    {
        _ = Store();
        File.Delete(_folder.In("ca.key"));
        Should.Throw<Core.UserErrorException>(() => Store()).Message
            .ShouldBe($"{_folder.In("ca.crt")} and ca.key are no certificate with its key: move both away and start again to have new ones made.");
    }

    [Fact]
    public void A_pair_that_somebody_replaces_is_taken_once_both_files_match()
    {
        var store = Store();
        var first = store.Current;
        using TempFolder elsewhere = new();
        var other = OtherStore(elsewhere);

        // The certificate of another operator's folder, by the same authority.
        File.Copy(elsewhere.In("tls.crt"), _folder.In("tls.crt"), overwrite: true);
        for (var i = 0; i < 3; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(2));
            store.Current.ShouldBe(first);
        }

        var said = _log.Lines.ShouldHaveSingleItem();
        said.ShouldBe($"{_folder.In("tls.crt")} and tls.key are no certificate with its key in PEM: give a certificate (and its chain) and the key that belongs to it. Until then, what was before stays in use");
        File.Copy(elsewhere.In("tls.key"), _folder.In("tls.key"), overwrite: true);
        _time.Advance(TimeSpan.FromSeconds(2));
        store.Current.Leaf.Thumbprint.ShouldBe(other.Leaf.Thumbprint);
        _log.Lines.Count.ShouldBe(2);
    }

    [Fact]
    public void A_pair_of_which_half_is_missing_for_long_is_made_anew_before_the_one_in_use_ends()
    {
        var store = Store();
        var first = store.Current;
        File.Delete(_folder.In("tls.key"));
        _time.Advance(TimeSpan.FromSeconds(2));
        store.Current.ShouldBe(first);
        _log.Lines.ShouldHaveSingleItem().ShouldStartWith($"Of {_folder.In("tls.crt")} and tls.key there is one: ");
        _time.Advance(TimeSpan.FromDays(336));
        ShouldChain(store.Current);
        store.Current.ShouldNotBe(first);
    }

    [Fact]
    public void A_pair_that_is_deleted_is_made_anew_at_once()
    {
        var store = Store();
        var first = store.Current;
        File.Delete(_folder.In("tls.key"));
        File.Delete(_folder.In("tls.crt"));
        _time.Advance(TimeSpan.FromSeconds(2));
        store.Current.ShouldNotBe(first);
        ShouldChain(store.Current);
    }

    [Fact]
    public void Another_authority_is_taken_with_both_its_files_and_signs_a_new_certificate()
    {
        var store = Store();
        var first = store.Current;
        using TestAuthority mine = new(rsa: true);
        File.WriteAllText(_folder.In("ca.crt"), mine.Certificate.ExportCertificatePem());
        _time.SetUtcNow(DateTimeOffset.UtcNow);
        store.Current.ShouldBe(first);
        _log.Lines.ShouldHaveSingleItem().ShouldContain("ca.crt and ca.key are no certificate with its key");
        File.WriteAllText(_folder.In("ca.key"), mine.Key);
        _time.Advance(TimeSpan.FromSeconds(2));
        store.Current.ShouldNotBe(first);
        ShouldChain(store.Current);
        store.Current.End.ShouldBe(new DateTimeOffset(mine.Certificate.NotAfter));

        // It is its owner's to renew: nothing is made in its place, and what it signed is not made anew all the time.
        File.ReadAllText(_folder.In("ca.crt")).ShouldBe(mine.Certificate.ExportCertificatePem());
        File.Exists(_folder.In("ca-next.key")).ShouldBeFalse();
    }

    [Fact]
    public void A_certificate_of_somebody_else_is_neither_served_nor_overwritten()
    {
        var store = Store();
        var first = store.Current;
        using TestAuthority other = new();
        other.IssueTo(_folder.In("tls"));
        _time.Advance(TimeSpan.FromSeconds(2));
        store.Current.ShouldBe(first);
        var message = $"{_folder.In("tls.crt")} is not by the authority of ca.crt, or not valid: name it and its key with --tls-cert-file and --tls-private-key-file, or delete both to have new ones made.";
        _log.Lines.ShouldBe([$"{message} Until then, what was before stays in use"]);
        Should.Throw<Core.UserErrorException>(() => Store()).Message.ShouldBe(message);
    }

    [Fact]
    public void A_key_that_everyone_may_read_is_told_of_once()
    {
        _ = Store();
        _log.Lines.ShouldBeEmpty();
        File.SetUnixFileMode(_folder.In("ca.key"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        var store = Store();
        _time.Advance(TimeSpan.FromHours(2));
        _ = store.Current;
        _log.Lines.ShouldBe([$"{_folder.In("ca.key")} holds a key and can be read by every user of this machine: make it this user's alone with chmod 600"]);
    }

    [Fact]
    public void A_client_that_takes_the_authority_anew_once_a_year_trusts_every_certificate()
    {
        var store = Store();
        X509Certificate2Collection trusted = [];
        HashSet<string> authorities = new(StringComparer.Ordinal);
        for (var days = 0; days < 8000; days += 14)
        {
            if (days % 364 == 0)
            {
                trusted.Clear();
                trusted.ImportFromPemFile(_folder.In("ca.crt"));
            }

            _time.Advance(TimeSpan.FromDays(14));
            var served = store.Current;
            (served.End - _time.GetUtcNow()).ShouldBeGreaterThan(TimeSpan.FromDays(15));
            ShouldChain(served, trusted);
            authorities.Add(served.Leaf.Issuer);
        }

        // Twice in that time another one has taken over; what was over is in the file no more, and no key is left behind.
        authorities.Count.ShouldBe(3);
        X509Certificate2Collection now = [];
        now.ImportFromPemFile(_folder.In("ca.crt"));
        now.Count.ShouldBe(1);
        File.Exists(_folder.In("ca-next.key")).ShouldBeFalse();
        File.GetUnixFileMode(_folder.In("ca.key")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public void An_authority_that_ended_while_nothing_ran_is_followed_by_another()
    {
        _ = Store();
        _time.Advance(TimeSpan.FromDays(4000));
        ShouldChain(Store().Current);
    }

    [Theory]
    [InlineData(false)] // Before ca.crt has the next one.
    [InlineData(true)] // After its key has taken its place.
    public void A_crash_while_the_authority_changes_does_no_harm(bool late)
    {
        _ = Store();
        _time.Advance(TimeSpan.FromDays(3650 - 390));
        var before = File.ReadAllText(_folder.In("ca.crt"));
        _ = Store();
        File.ReadAllText(_folder.In("ca.crt")).ShouldStartWith(before);
        X509Certificate2Collection trusted = [];
        trusted.ImportFromPemFile(_folder.In("ca.crt"));
        trusted.Count.ShouldBe(2);
        if (late)
        {
            File.Move(_folder.In("ca-next.key"), _folder.In("ca.key"), overwrite: true);
        }
        else
        {
            File.WriteAllText(_folder.In("ca.crt"), before);
        }

        ShouldChain(Store().Current);
        ShouldChain(Store().Current, [trusted[0]]);
        X509Certificate2Collection after = [];
        after.ImportFromPemFile(_folder.In("ca.crt"));
        after.Count.ShouldBe(2);

        // Whoever reads only the first certificate of a file gets the one that signs.
        OwnAuthority.Read(DataFolder.Existing(_folder.FullPath)).Signer.Thumbprint.ShouldBe(after[0].Thumbprint);
    }

    private CertificateStore Store(params string[] names) => new(DataFolder.Open(_folder.FullPath), ["localhost", "127.0.0.1", .. names], _time, _log);

    /// <summary>Another folder with this one's authority.</summary>
    private ServedCertificate OtherStore(TempFolder folder)
    {
        foreach (var name in new[] { "ca.crt", "ca.key" })
        {
            File.Copy(_folder.In(name), folder.In(name));
        }

        return new CertificateStore(DataFolder.Open(folder.FullPath), ["localhost", "127.0.0.1"], _time, _log).Current;
    }

    private void ShouldChain(ServedCertificate serving)
    {
        X509Certificate2Collection trusted = [];
        trusted.ImportFromPemFile(_folder.In("ca.crt"));
        ShouldChain(serving, trusted);
    }

    private void ShouldChain(ServedCertificate serving, X509Certificate2Collection trusted)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(trusted);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = _time.GetUtcNow().UtcDateTime;
        chain.Build(serving.Leaf).ShouldBeTrue(string.Join(' ', chain.ChainStatus.Select(s => s.StatusInformation)));
    }
}
