using Microsoft.Extensions.Configuration;
using Stash.Core.Configuration;

namespace Stash.Core.Tests.Configuration;

public sealed class StashOptionsTests
{
    [Fact]
    public void Defaults_listen_on_loopback()
    {
        var options = Read();
        options.Gateway.Address.ToString().ShouldBe("127.0.0.1:56789");
        options.Api.Address.ToString().ShouldBe("127.0.0.1:8443");
        options.Gateway.AdminApi.ShouldBeFalse();
        options.DataDirectory.ShouldEndWith("/stash");
    }

    [Theory]
    [InlineData("Stash:Gateway:Address", "127.0.0.1", "Stash:Gateway:Address is \"127.0.0.1\": give HOST:PORT with an IP address or localhost")]
    [InlineData("Stash:Gateway:Address", "::1:80", "Stash:Gateway:Address is \"::1:80\"")]
    [InlineData("Stash:Api:Address", "example.com:80", "Stash:Api:Address is \"example.com:80\"")]
    [InlineData("Stash:Api:Address", "127.0.0.1:65536", "Stash:Api:Address is \"127.0.0.1:65536\"")]
    [InlineData("Stash:Gateway:AdminApi", "maybe", "Stash:Gateway:AdminApi is \"maybe\": give true or false.")]
    [InlineData("Stash:Journal:MaxAgeDays", "0", "Stash:Journal:MaxAgeDays is \"0\": give a whole number from 1 to 36500.")]
    [InlineData("Stash:Operator:Address", "http://127.0.0.1:8443", "Stash:Operator:Address is \"http://127.0.0.1:8443\": give an address as https://127.0.0.1:8443.")]
    [InlineData("Stash:Journal:Postgres", "Host=db;Database=stash;Username=stash;Password=x", "Stash:Journal:Postgres: it holds a password: put that into a file (mode 0600) and name the file in Stash:Journal:PostgresPasswordFile.")]
    [InlineData("Stash:Journal:Postgres", "Host=db;Username=stash", "Stash:Journal:Postgres: Host, Database or Username is missing: give all three, as Host=db.example.com;Database=stash;Username=stash.")]
    [InlineData("Stash:Journal:Postgres", "postgres://stash:x@db/stash", "Stash:Journal:Postgres: it is no list of KEY=VALUE that Npgsql knows, separated by semicolons: give one as Host=db.example.com;Database=stash;Username=stash.")]
    [InlineData("Stash:Journal:Postgres", "Host=db;Datbase=stash", "Stash:Journal:Postgres: it is no list of KEY=VALUE that Npgsql knows, separated by semicolons: give one as Host=db.example.com;Database=stash;Username=stash.")]
    [InlineData("Stash:Journal:Postgres", "Host=db;SSL Mode=perhaps", "Stash:Journal:Postgres: it is no list of KEY=VALUE that Npgsql knows, separated by semicolons: give one as Host=db.example.com;Database=stash;Username=stash.")]
    [InlineData("Stash:Gatway:Address", "x", "Stash:Gatway is not an option: accepted in Stash are Api, Audit, Console, DataDirectory, Gateway, Journal, Kubernetes, LogFormat, Operator.")]
    [InlineData("Stash:Gateway:GroupTimeToLive", "soon", "Stash:Gateway:GroupTimeToLive is \"soon\": give a duration as 90s, 1h30m or 30d, or off.")]
    [InlineData("Stash:Gateway:HeaderTimeout", "off", "Stash:Gateway:HeaderTimeout is \"off\": give a duration as 90s, 1h30m or 30d.")]
    [InlineData("Stash:Gateway:ExternalUrl", "ftp://x", "Stash:Gateway:ExternalUrl is \"ftp://x\": give an address as https://example.com/push, or a path as /push.")]
    [InlineData("Stash:Gateway:RoutePrefix", "/a?b", "Stash:Gateway:RoutePrefix is \"/a?b\": give a path")]
    [InlineData("Stash:Gateway:Address", "127.0.0.1:1,127.0.0.1:1", "Stash:Gateway:Address is \"127.0.0.1:1,127.0.0.1:1\": give each address once.")]
    [InlineData("Stash:Gateway:Authentication:Pull:TokenFile", "x", "Stash:Gateway:Authentication:Pull is not an option: accepted in Stash:Gateway:Authentication are Admin, Delete, Push, Read.")]
    [InlineData("Stash:Gateway:Authentication:Push:Token", "x", "Stash:Gateway:Authentication:Push:Token is not an option")]
    [InlineData("Stash:Api:ServingNames", "a.example,b..example", "Stash:Api:ServingNames is \"b..example\": give DNS names and IP addresses, separated by commas, as stash.example.com,10.0.0.7.")]
    [InlineData("Stash:Api:ServingNames", "münchen.example", "Stash:Api:ServingNames is \"münchen.example\": give DNS names and IP addresses, separated by commas, as stash.example.com,10.0.0.7.")]
    [InlineData("Stash:Kubernetes:ServiceName", "a..b", "Stash:Kubernetes:ServiceName is \"a..b\": give at most 63 small letters, digits and -, the first and the last no -.")]
    [InlineData("Stash:Kubernetes:Namespace", "Backup", "Stash:Kubernetes:Namespace is \"Backup\": give at most 63 small letters, digits and -, the first and the last no -.")]
    [InlineData("Stash:Console:KnownProxies", "127.0.0.1,proxy", "Stash:Console:KnownProxies is \"proxy\": give IP addresses or networks, separated by commas, as 127.0.0.1 or 10.0.0.0/8.")]
    [InlineData("Stash:Console:SignIn", "password", "Stash:Console:SignIn is \"password\": give one of link, token, oidc.")]
    [InlineData("Stash:Console:SignIn", "oidc", "Stash:Console:SignIn is \"oidc\" and there is no Stash:Console:Oidc:Authority: give Authority and ClientId of the provider")]
    [InlineData("Stash:Console:Oidc:Authority", "http://id.example.com", "Stash:Console:Oidc:Authority is \"http://id.example.com\": give the provider's issuer as https://id.example.com or")]
    [InlineData("Stash:Console:Oidc:Scopes", "email", "Stash:Console:Oidc:Scopes is \"email\": give scopes separated by spaces, openid among them.")]
    [InlineData("Stash:Console:Oidc:ClientSecret", "x", "Stash:Console:Oidc:ClientSecret is not an option: accepted in Stash:Console:Oidc are Authority, CaFile, ClientId, ClientSecretFile, NameClaim, Scopes.")]
    [InlineData("Stash:Operator:Token", "x", "Stash:Operator:Token is not an option: accepted in Stash:Operator are Address, CaFile, TokenFile.")]
    [InlineData("Stash:LogFormat", "xml", "Stash:LogFormat is \"xml\": give one of text, logfmt, json.")]
    public void A_wrong_value_names_key_value_and_what_is_accepted(string key, string value, string error) =>
        Should.Throw<UserErrorException>(() => Read((key, value))).Message.ShouldStartWith(error);

    [Theory]
    [InlineData("", "", null, "")]
    [InlineData("https://push.example.com", "", "https://push.example.com/", "")]
    [InlineData("https://push.example.com/a/b/", "", "https://push.example.com/a/b/", "/a/b")]
    [InlineData("https://push.example.com/a", "/", "https://push.example.com/a", "")]
    [InlineData("https://push.example.com/a", "b/", "https://push.example.com/a", "/b")]
    [InlineData("/a/", "", null, "/a")]
    public void The_route_prefix_is_the_external_addresss_path_unless_it_is_given(string external, string prefix, string? url, string expected)
    {
        var gateway = Read(("Stash:Gateway:ExternalUrl", external), ("Stash:Gateway:RoutePrefix", prefix)).Gateway;
        gateway.ExternalUrl?.ToString().ShouldBe(url);
        gateway.RoutePrefix.ShouldBe(expected);
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("off", null)]
    [InlineData("0", null)]
    [InlineData("36h", 36)]
    [InlineData("30d", 720)]
    public void A_groups_time_to_live_is_off_unless_given(string text, int? hours) =>
        Read(("Stash:Gateway:GroupTimeToLive", text)).Gateway.GroupTimeToLive.ShouldBe(hours is { } given ? TimeSpan.FromHours(given) : null);

    [Fact]
    public void The_console_signs_in_by_link_unless_told_otherwise()
    {
        var options = Read();
        (options.Console.SignIn, options.Console.IsPersonal, options.Operator.CaFile, options.Operator.TokenFile).ShouldBe(("link", false, null, null));

        options = Read(("Stash:Console:SignIn", "oidc"), ("Stash:Console:Oidc:Authority", "https://id.example.com/realms/staff"), ("Stash:Console:Oidc:ClientId", "kubernetes"), ("Stash:Operator:CaFile", "/ca/ca.crt"));
        options.Console.IsPersonal.ShouldBeTrue();
        options.Console.Oidc.ShouldBe(new OidcOptions
        {
            Authority = new Uri("https://id.example.com/realms/staff"),
            ClientId = "kubernetes",
            ClientSecretFile = null,
            Scopes = "openid profile email offline_access",
            NameClaim = null,
            CaFile = null,
        });
        options.Operator.CaFile.ShouldBe("/ca/ca.crt");
    }

    [Fact]
    public void The_gateway_listens_on_several_addresses() =>
        Read(("Stash:Gateway:Address", "127.0.0.1:1, [::1]:2,:3")).Gateway.Addresses.Select(a => a.ToString()).ShouldBe(["127.0.0.1:1", "[::1]:2", "[::]:3"]);

    [Fact]
    public void Every_wrong_value_is_named_at_once() =>
        Should.Throw<UserErrorException>(() => Read(("Stash:Api:Address", "x"), ("Stash:Journal:MaxSessions", "many"))).Message.Split('\n').Length.ShouldBe(2);

    [Theory]
    [InlineData("[::1]:80", "[::1]:80", "::1")]
    [InlineData("localhost:80", "127.0.0.1:80", "127.0.0.1")]
    [InlineData(":80", "[::]:80", "127.0.0.1")]
    [InlineData("0.0.0.0:0", "0.0.0.0:0", "127.0.0.1")]
    public void Addresses_are_read(string text, string shown, string forClients)
    {
        var address = Read(("Stash:Api:Address", text)).Api.Address;
        address.ToString().ShouldBe(shown);
        address.ForClients.ToString().ShouldBe(forClients);
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_one_line_with_the_remedy()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.In("file"), "");
        var error = Should.Throw<UserErrorException>(() => DataFolder.Open(folder.In("file/data")));
        error.Message.ShouldStartWith($"The data folder {folder.In("file/data")} cannot be written (");
        error.Message.ShouldEndWith("make it writable for this user, or name another with --data-dir.");
    }

    [Fact]
    public void A_secret_is_for_its_owner_alone()
    {
        using var folder = new TempFolder();
        var data = DataFolder.Open(folder.In("data"));
        File.GetUnixFileMode(data.FullPath).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        DataFolder.Replace(data.ApiToken, "secret"u8, secret: true);
        File.GetUnixFileMode(data.ApiToken).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Directory.EnumerateFiles(data.FullPath).ShouldBe([data.ApiToken]);
    }

    [Theory]
    [InlineData("db.example.com", "", "VerifyFull")]
    [InlineData("db.example.com", ";SSL Mode=Disable", "Disable")]
    [InlineData("127.0.0.1", "", "Prefer")]
    [InlineData("/var/run/postgresql", "", "Prefer")]
    public void A_database_elsewhere_is_reached_by_a_verified_connection_unless_it_is_told_otherwise(string host, string mode, string expected)
    {
        var postgres = Read(("Stash:Journal:Postgres", $"Host={host};Database=stash;Username=stash{mode}"), ("Stash:Journal:PostgresPasswordFile", "/etc/stash/password")).Journal.Postgres!;
        new Npgsql.NpgsqlConnectionStringBuilder(postgres.Connection).SslMode.ToString().ShouldBe(expected);
        postgres.PasswordFile.ShouldBe("/etc/stash/password");
    }

    private static StashOptions Read(params (string Key, string Value)[] values) =>
        StashOptions.Read(new ConfigurationBuilder().AddInMemoryCollection(values.Select(v => KeyValuePair.Create(v.Key, (string?)v.Value))).Build());
}
