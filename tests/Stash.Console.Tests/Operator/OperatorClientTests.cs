using Stash.Console.Operator;
using Stash.Console.Tests.Support;
using Stash.Core.Api;
using Stash.Core.Configuration;
using Stash.Core.Monitoring;
using Stash.Core.Sessions;

namespace Stash.Console.Tests.Operator;

public sealed class OperatorClientTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Reads_sessions_page_by_page()
    {
        await using var operatorDouble = await OperatorDouble.StartAsync(
            Sessions.Succeeded("a", ago: TimeSpan.FromMinutes(3)), Sessions.Succeeded("b", ago: TimeSpan.FromMinutes(2)), Sessions.Failed("c", ago: TimeSpan.FromMinutes(1)));
        var client = operatorDouble.NewClient();

        var first = await client.SessionsAsync(new SessionQuery(), 2, null, Token);
        var second = await client.SessionsAsync(new SessionQuery(), 2, first.Metadata.Continue, Token);

        first.Items.Select(s => s.App).ShouldBe(["c", "b"]);
        first.Items[0].Message.ShouldBe("Fatal: unable to create lock in backend");
        second.Items.Select(s => s.App).ShouldBe(["a"]);
        second.Metadata.Continue.ShouldBeEmpty();
    }

    [Fact]
    public async Task Sends_every_filter()
    {
        await using var operatorDouble = await OperatorDouble.StartAsync();
        var client = operatorDouble.NewClient();
        var from = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(2));

        await client.AggregatesAsync(new SessionQuery { Namespaces = ["a&b", "c"], Apps = ["ä/d"], Outcome = SessionOutcome.Failed, From = from, To = from.AddHours(1) }, 60, Token);

        operatorDouble.Requests.ShouldContain(
            $"{ApiPaths.Aggregates}?namespace=a%26b&namespace=c&app=%C3%A4%2Fd&outcome=Failed&from=2026-01-02T01%3A04%3A05.000Z&to=2026-01-02T02%3A04%3A05.000Z&bucketSeconds=60");
    }

    [Fact]
    public async Task Says_that_it_is_the_console()
    {
        await using var operatorDouble = await OperatorDouble.StartAsync();
        var client = operatorDouble.NewClient();
        await client.AppsAsync(Token);
        operatorDouble.Agents.ShouldHaveSingleItem().ShouldMatch(@"^stash-console/\d+\.\d+\.\d+$");
    }

    [Fact]
    public async Task Takes_a_new_token_without_a_restart()
    {
        await using var operatorDouble = await OperatorDouble.StartAsync();
        var client = operatorDouble.NewClient();
        await client.AppsAsync(Token);

        operatorDouble.WriteCredentials(token: "token-of-the-second-start-is-longer");

        (await client.AppsAsync(Token)).Items.ShouldBeEmpty();
    }

    [Fact]
    public async Task Refuses_a_certificate_of_another_authority_and_takes_the_right_one_once_it_is_there()
    {
        await using var operatorDouble = await OperatorDouble.StartAsync();
        using var other = new TestAuthority();
        operatorDouble.WriteCredentials(authority: other.Pem);
        var client = operatorDouble.NewClient();

        var error = await Should.ThrowAsync<OperatorException>(client.AppsAsync(Token));
        error.Failure.ShouldBe(OperatorFailure.Untrusted);
        error.Message.ShouldContain("ca.crt");

        File.Delete(operatorDouble.Folder.CaCertificate);
        operatorDouble.WriteCredentials();
        (await client.AppsAsync(Token)).Items.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(false)] // Its authority.
    [InlineData(true)] // The certificate alone, as where a public authority has signed it.
    public async Task Takes_a_certificate_from_elsewhere_that_the_operator_names_in_the_data_folder(bool itself)
    {
        await using var operatorDouble = await OperatorDouble.StartAsync();
        using var other = new TestAuthority();
        var given = operatorDouble.Folder.ServingCaCertificate;
        var right = itself ? operatorDouble.ServerPem : await File.ReadAllTextAsync(operatorDouble.Folder.CaCertificate, Token);
        operatorDouble.WriteCredentials(authority: other.Pem);
        var client = operatorDouble.NewClient();
        (await Should.ThrowAsync<OperatorException>(client.AppsAsync(Token))).Failure.ShouldBe(OperatorFailure.Untrusted);

        await File.WriteAllTextAsync(given, right, Token);
        (await client.AppsAsync(Token)).Items.ShouldBeEmpty();
    }

    [Fact]
    public async Task Says_which_file_is_missing()
    {
        await using var operatorDouble = await OperatorDouble.StartAsync();
        File.Delete(operatorDouble.Folder.ApiToken);
        var client = operatorDouble.NewClient();

        var error = await Should.ThrowAsync<OperatorException>(client.AppsAsync(Token));

        error.Failure.ShouldBe(OperatorFailure.Unreachable);
        error.Message.ShouldStartWith($"{operatorDouble.Folder.ApiToken} is not there");
    }

    [Fact]
    public async Task What_a_pod_mounts_is_read_again_when_it_is_exchanged()
    {
        await using var operatorDouble = await OperatorDouble.StartAsync();
        using TempFolder mounted = new();
        // As a projected volume is: a link to a file behind a link to a folder, of which the second alone changes.
        Exchange("first", operatorDouble.Token);
        File.CreateSymbolicLink(mounted.In("token"), "..data/token");
        File.CreateSymbolicLink(mounted.In("ca.crt"), "..data/ca.crt");
        var options = new OperatorLinkOptions { Address = operatorDouble.Address, CaFile = mounted.In("ca.crt"), TokenFile = mounted.In("token") };
        OperatorCredentials credentials = new(options, DataFolder.Open(mounted.In("data")));
        using OperatorConnection connection = new(operatorDouble.Address, credentials, TimeProvider.System);
        OperatorClient client = new(connection, credentials);
        (await client.AppsAsync(Token)).Items.ShouldBeEmpty();

        operatorDouble.WriteCredentials(token: "token-of-the-second-start-is-longer");
        var error = await Should.ThrowAsync<OperatorException>(client.AppsAsync(Token));
        error.Message.ShouldEndWith($"does not know the console's own token in {mounted.In("token")}: give a token that it knows (Stash:Operator:TokenFile).");
        Exchange("second", operatorDouble.Token);
        (await client.AppsAsync(Token)).Items.ShouldBeEmpty();

        Directory.Delete(mounted.In("second"), recursive: true);
        (await Should.ThrowAsync<OperatorException>(client.AppsAsync(Token))).Message.ShouldBe($"{mounted.In("ca.crt")} is not there, or holds nothing that can be read: Stash:Operator:CaFile names it.");

        void Exchange(string name, string token)
        {
            Directory.CreateDirectory(mounted.In(name));
            File.WriteAllText(Path.Combine(mounted.In(name), "token"), token);
            File.Copy(operatorDouble.Folder.CaCertificate, Path.Combine(mounted.In(name), "ca.crt"));
            File.Delete(mounted.In("..data"));
            File.CreateSymbolicLink(mounted.In("..data"), name);
        }
    }

    [Fact]
    public async Task A_stopped_operator_is_unreachable()
    {
        await using var operatorDouble = await OperatorDouble.StartAsync();
        var client = operatorDouble.NewClient();
        await operatorDouble.DownAsync();

        var error = await Should.ThrowAsync<OperatorException>(client.AppsAsync(Token));

        error.Failure.ShouldBe(OperatorFailure.Unreachable);
        error.Message.ShouldContain($"{operatorDouble.Address.Authority} does not answer");
    }

    [Fact]
    public async Task A_wrong_token_is_told_apart()
    {
        await using var operatorDouble = await OperatorDouble.StartAsync();
        await File.WriteAllTextAsync(operatorDouble.Folder.ApiToken, "of another data folder", Token);
        var client = operatorDouble.NewClient();

        (await Should.ThrowAsync<OperatorException>(client.AppsAsync(Token))).Failure.ShouldBe(OperatorFailure.Unauthorized);
    }

    [Theory]
    [InlineData(403, OperatorFailure.Forbidden, "User \"eve\" cannot update resource \"settings\"", "User \"eve\" cannot update resource \"settings\".")]
    [InlineData(429, OperatorFailure.Internal, "too many requests: come again", "Too many requests: come again.")]
    [InlineData(503, OperatorFailure.Unreachable, "the audit log cannot be written: make space", "The audit log cannot be written: make space.")]
    public async Task What_the_operator_says_against_it_is_passed_on(int code, OperatorFailure failure, string told, string shown)
    {
        await using var operatorDouble = await OperatorDouble.StartAsync();
        var client = operatorDouble.NewClient();
        var settings = await client.SettingsAsync(Token);
        operatorDouble.Refuse = r => r.Method == "PUT" ? new KubernetesStatus { Code = code, Reason = "Refused", Message = told } : null;

        var error = await Should.ThrowAsync<OperatorException>(client.SaveSettingsAsync(settings, Token));

        (error.Failure, error.Message).ShouldBe((failure, shown));
    }

    [Fact]
    public async Task An_unknown_session_is_not_found()
    {
        await using var operatorDouble = await OperatorDouble.StartAsync();
        var client = operatorDouble.NewClient();

        var error = await Should.ThrowAsync<OperatorException>(client.SessionAsync("a/b?c", Token));

        error.Failure.ShouldBe(OperatorFailure.NotFound);
        operatorDouble.Requests.ShouldContain($"{ApiPaths.Sessions}/a%2Fb%3Fc");
    }

    [Fact]
    public async Task Carries_the_causes_of_invalid_settings()
    {
        await using var operatorDouble = await OperatorDouble.StartAsync();
        var client = operatorDouble.NewClient();
        var settings = await client.SettingsAsync(Token);

        var error = await Should.ThrowAsync<OperatorException>(client.SaveSettingsAsync(settings with { Spec = new MonitoringSpec { Agent = "nagios" } }, Token));

        error.Failure.ShouldBe(OperatorFailure.Invalid);
        error.Causes.ShouldHaveSingleItem().Field.ShouldBe("spec.agent");
    }

    [Fact]
    public async Task Settings_saved_on_an_old_version_are_a_conflict()
    {
        await using var operatorDouble = await OperatorDouble.StartAsync();
        var client = operatorDouble.NewClient();
        var read = await client.SettingsAsync(Token);
        var saved = await client.SaveSettingsAsync(read with { Spec = new MonitoringSpec { Backup = true } }, Token);
        saved.Spec.Backup.ShouldBeTrue();

        (await Should.ThrowAsync<OperatorException>(client.SaveSettingsAsync(read, Token))).Failure.ShouldBe(OperatorFailure.Conflict);
    }

    [Fact]
    public async Task An_answer_that_is_not_of_this_version_is_said_to_be_so()
    {
        await using var operatorDouble = await OperatorDouble.StartAsync();
        operatorDouble.Refuse = request => request.Path == ApiPaths.Apps ? new KubernetesStatus { Code = 200, Reason = "", Message = "" } : null;
        var client = operatorDouble.NewClient();

        (await Should.ThrowAsync<OperatorException>(client.AppsAsync(Token))).Message.ShouldContain("same version");
    }
}
