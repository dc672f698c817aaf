using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Time.Testing;
using Stash.Core.Configuration;
using Stash.Operator.Tests.Support;
using Stash.Operator.Tls;

namespace Stash.Operator.Tests.Tls;

public sealed class CertificateFromFilesTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly TempFolder _data = new();
    private readonly TestAuthority _authority = new();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private readonly ListLogger _log = new();

    public CertificateFromFilesTests() => _authority.IssueTo(_folder.In("tls"));

    private string Trusted => File.ReadAllText(_data.In("serving-ca.crt"));

    public void Dispose()
    {
        _authority.Dispose();
        _data.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Half_a_pair_leaves_what_was_and_is_said_once()
    {
        var files = Read();
        var first = files.Current;
        _authority.IssueTo(_folder.In("next"));
        File.Copy(_folder.In("next.crt"), _folder.In("tls.crt"), overwrite: true);
        LookAgain(files, 3).ShouldBe(first);
        _log.Lines.ShouldBe([$"{_folder.In("tls.crt")} and {_folder.In("tls.key")} are no certificate with its key in PEM: give a certificate (and its chain) and the key that belongs to it. Until then, what was read before stays in use"]);
        File.Copy(_folder.In("next.key"), _folder.In("tls.key"), overwrite: true);
        var second = LookAgain(files);
        second.Leaf.SerialNumber.ShouldNotBe(first.Leaf.SerialNumber);
        _log.Lines.Count.ShouldBe(2);

        File.Delete(_folder.In("tls.crt"));
        LookAgain(files, 3).ShouldBe(second);
        _log.Lines[2].ShouldBe($"{_folder.In("tls.crt")} cannot be read: make it a file that this user may read. Until then, what was read before stays in use");
        _log.Lines.Count.ShouldBe(3);
    }

    [Fact]
    public void A_key_for_everyone_is_told_and_no_key_is()
    {
        File.SetUnixFileMode(_folder.In("tls.key"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        _ = Read();
        _log.Lines.ShouldBe([$"{_folder.In("tls.key")} holds a key and can be read by every user of this machine: make it this user's alone with chmod 600"]);
        Directory.GetFiles(_data.FullPath).ShouldBe([_data.In("serving-ca.crt")]);
        Trusted.ShouldNotContain("KEY");
    }

    [Fact]
    public void The_chain_in_the_file_is_served_and_its_root_is_what_clients_get()
    {
        using var between = _authority.IssueBetween();
        between.IssueTo(_folder.In("tls"));
        File.AppendAllText(_folder.In("tls.crt"), "\n" + between.Certificate.ExportCertificatePem());
        Read().Current.Context.IntermediateCertificates.Select(c => c.Thumbprint).ShouldBe([between.Certificate.Thumbprint]);

        // No root is known: the certificate itself.
        Trusted.ShouldBe(X509Certificate2.CreateFromPem(File.ReadAllText(_folder.In("tls.crt"))).ExportCertificatePem() + "\n");

        // With another's root beside it, still.
        using TestAuthority other = new();
        File.WriteAllText(_folder.In("ca.crt"), other.Certificate.ExportCertificatePem());
        _ = Read();
        Trusted.ShouldBe(X509Certificate2.CreateFromPem(File.ReadAllText(_folder.In("tls.crt"))).ExportCertificatePem() + "\n");
        File.WriteAllText(_folder.In("ca.crt"), "none");
        _ = Read();

        // With its own, that.
        File.WriteAllText(_folder.In("ca.crt"), _authority.Certificate.ExportCertificatePem());
        var files = Read();
        Trusted.ShouldBe(_authority.Certificate.ExportCertificatePem() + "\n");
        files.AuthorityFile.ShouldBe(_data.In("serving-ca.crt"));

        // And it changes with it.
        other.IssueTo(_folder.In("tls"));
        File.WriteAllText(_folder.In("ca.crt"), other.Certificate.ExportCertificatePem());
        _ = LookAgain(files);
        Trusted.ShouldBe(other.Certificate.ExportCertificatePem() + "\n");
    }

    [Fact]
    public void A_certificate_that_is_over_is_served_and_told()
    {
        _authority.IssueTo(_folder.In("tls"), TimeSpan.FromMinutes(-1));
        var over = Read().Current;
        _log.Lines.ShouldBe([$"The certificate in {_folder.In("tls.crt")} ended at {over.End.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}: clients refuse it, put a new one in its place"]);
    }

    [Theory]
    [InlineData("tls.crt", "localhost")]
    [InlineData("*.example.com", "stash-operator.example.com")]
    [InlineData("stash.example.com", "stash.example.com")]
    public void A_name_for_clients_is_one_of_the_certificate(string name, string expected)
    {
        using var key = System.Security.Cryptography.ECDsa.Create();
        CertificateRequest request = new("CN=x", key, System.Security.Cryptography.HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName(name);
        if (expected == "localhost")
        {
            names.AddDnsName("localhost");
        }

        request.CertificateExtensions.Add(names.Build());
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(1));
        ServingTrust.NameOf(made).ShouldBe(expected);
        made.MatchesHostname(expected).ShouldBeTrue();
    }

    private CertificateFromFiles Read() => new(DataFolder.Open(_data.FullPath), _folder.In("tls.crt"), _folder.In("tls.key"), _time, _log);

    private ServedCertificate LookAgain(CertificateFromFiles files, int times = 1)
    {
        for (var i = 1; i < times; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(2));
            _ = files.Current;
        }

        _time.Advance(TimeSpan.FromSeconds(2));
        return files.Current;
    }
}
