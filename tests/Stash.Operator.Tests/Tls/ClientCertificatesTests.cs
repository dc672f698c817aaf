using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Stash.Core.Configuration;
using Stash.Operator.Tests.Support;
using Stash.Operator.Tls;

namespace Stash.Operator.Tests.Tls;

public sealed class ClientCertificatesTests : IDisposable
{
    private const string Unknown = "it is not from an authority that is known here";
    private const string NotForClients = "it is not for clients (its extended key usage lacks clientAuth)";

    private readonly TempFolder _folder = new();
    private readonly TestAuthority _own = new();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);

    public ClientCertificatesTests() => Write("ca.crt", _own.Certificate);

    public void Dispose()
    {
        _own.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void One_of_the_own_authority_is_good_until_its_end()
    {
        var all = All();
        using var client = _own.IssueClient("CN=ci, O=stash:view", to: TimeSpan.FromHours(1));
        Reason(all, client).ShouldBeNull();
        _time.Advance(TimeSpan.FromMinutes(59));
        Reason(all, client).ShouldBeNull();
        _time.Advance(TimeSpan.FromMinutes(2));
        Reason(all, client).ShouldBe($"it ended at {client.NotAfter.ToUniversalTime():yyyy-MM-ddTHH:mm:ssZ}");
    }

    [Fact]
    public void One_that_begins_later_is_not_good_yet()
    {
        using var client = _own.IssueClient("CN=ci", from: TimeSpan.FromHours(1));
        Reason(All(), client).ShouldBe($"it begins at {client.NotBefore.ToUniversalTime():yyyy-MM-ddTHH:mm:ssZ}");
    }

    [Fact]
    public void One_of_another_authority_of_the_same_name_is_not_known()
    {
        using TestAuthority other = new();
        using var client = other.IssueClient("CN=ci, O=stash:admin");
        Reason(All(), client).ShouldBe(Unknown);

        // Nor where its time is over as well.
        using var old = other.IssueClient("CN=ci", to: TimeSpan.FromMinutes(-1));
        Reason(All(), old).ShouldBe(Unknown);
    }

    [Fact]
    public void One_that_signed_itself_is_not_known()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var client = new CertificateRequest("CN=test authority", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1));
        Reason(All(), client).ShouldBe(Unknown);
    }

    [Theory]
    [InlineData("1.3.6.1.5.5.7.3.1")]
    [InlineData(null)]
    public void One_that_is_not_for_clients_is_refused(string? use)
    {
        using var client = _own.IssueClient("CN=ci", use: use);
        Reason(All(), client).ShouldBe(NotForClients);
    }

    [Fact]
    public void Further_authorities_come_from_a_file_and_go_with_it()
    {
        using TestAuthority first = new();
        using TestAuthority second = new();
        Write("clients.pem", first.Certificate, second.Certificate);
        var all = All("clients.pem");
        using var ofFirst = first.IssueClient("CN=a");
        using var ofSecond = second.IssueClient("CN=b");
        using var ofOwn = _own.IssueClient("CN=c");
        foreach (var client in new[] { ofFirst, ofSecond, ofOwn })
        {
            Reason(all, client).ShouldBeNull();
        }

        // Also one that was good before.
        Write("clients.pem", second.Certificate);
        _time.Advance(TimeSpan.FromSeconds(2));
        Reason(all, ofFirst).ShouldBe(Unknown);
        Reason(all, ofSecond).ShouldBeNull();

        // A file that is damaged changes nothing.
        File.WriteAllText(_folder.In("clients.pem"), "damaged");
        _time.Advance(TimeSpan.FromSeconds(2));
        Reason(all, ofSecond).ShouldBeNull();
    }

    [Fact]
    public void Authorities_of_the_caller_count_alone()
    {
        using TestAuthority cluster = new();
        using var client = cluster.IssueClient("CN=system:admin");
        using var own = _own.IssueClient("CN=ci");
        var all = All();
        all.TryVerify(client, [cluster.Certificate], out var reason).ShouldBeTrue(reason);
        all.TryVerify(own, [cluster.Certificate], out reason).ShouldBeFalse();
        reason.ShouldBe(Unknown);
        all.TryVerify(own, [], out reason).ShouldBeFalse();
        reason.ShouldBe(Unknown);
        Reason(all, client).ShouldBe(Unknown);
        Reason(all, own).ShouldBeNull();
    }

    [Fact]
    public void An_authority_between_root_and_client_is_found_in_the_file()
    {
        using var between = _own.IssueBetween();
        using var client = between.IssueClient("CN=ci");
        Reason(All(), client).ShouldBe(Unknown);
        Write("clients.pem", between.Certificate);
        Reason(All("clients.pem"), client).ShouldBeNull();
    }

    [Fact]
    public void A_file_without_a_certificate_stops_the_start()
    {
        File.WriteAllText(_folder.In("clients.pem"), "nothing");
        Should.Throw<Core.UserErrorException>(() => All("clients.pem")).Message
            .ShouldBe($"{_folder.In("clients.pem")} holds no certificate in PEM: give those of the authorities that client certificates come from.");
    }

    private static string? Reason(ClientCertificates all, X509Certificate2 client) => all.TryVerify(client, out var reason) ? null : reason;

    private ClientCertificates All(string? further = null) =>
        new(DataFolder.Open(_folder.FullPath), further is null ? null : _folder.In(further), _time, NullLogger.Instance);

    private void Write(string name, params X509Certificate2[] certificates) =>
        File.WriteAllText(_folder.In(name), string.Join('\n', certificates.Select(c => c.ExportCertificatePem())));
}
