using System.Net;
using System.Net.Http.Json;
using System.Text;
using Stash.Core.Api;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Hosting;

/// <summary>The operator's process from its start to its end.</summary>
public sealed class ProcessTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(15)]
    [InlineData(2)]
    public async Task A_signal_ends_it_cleanly_though_somebody_watches(int signal)
    {
        await using var it = await OperatorProcess.StartAsync();
        await using var events = await EventReader.OpenAsync(it);
        await events.NextAsync("ping");

        it.Process.Signal(signal);
        (await it.Process.WaitAsync()).ShouldBe(0);
        it.Process.Error.ShouldBeEmpty();
        it.Process.Output.ShouldNotContain("Exception");
        await events.EndAsync();
    }

    [Fact]
    public async Task Secrets_are_for_their_owner_alone()
    {
        await using var it = await OperatorProcess.StartAsync();
        const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        foreach (var name in new[] { "api-token", "metrics-token", "ca.key", "tls.key" })
        {
            File.GetUnixFileMode(Path.Combine(it.DataDirectory, name)).ShouldBe(Owner, name);
        }

        File.GetUnixFileMode(it.DataDirectory).ShouldBe(Owner | UnixFileMode.UserExecute);
        it.Process.Output.ShouldNotContain(it.Token);
    }

    [Fact]
    public async Task Token_and_certificates_stay_the_same_over_a_restart()
    {
        await using var it = await OperatorProcess.StartAsync();
        string[] names = ["api-token", "metrics-token", "ca.crt", "ca.key", "tls.crt", "tls.key"];
        var before = names.Select(n => File.ReadAllText(Path.Combine(it.DataDirectory, n))).ToList();
        (await it.StopAsync()).ShouldBe(0);
        await it.StartAgainAsync();
        names.Select(n => File.ReadAllText(Path.Combine(it.DataDirectory, n))).ShouldBe(before);
    }

    [Fact]
    public async Task Each_listener_has_its_own_routes_alone()
    {
        await using var it = await OperatorProcess.StartAsync();
        await it.PushAsync(new SessionPush());

        // With the token too: the gateway's listener has no API.
        it.Gateway.DefaultRequestHeaders.Authorization = it.Api.DefaultRequestHeaders.Authorization;
        foreach (var path in new[] { ApiPaths.Sessions, ApiPaths.Settings, ApiPaths.Events, "/openapi/v1.json", ApiPaths.Health, "/apis" })
        {
            using var answer = await it.Gateway.GetAsync(path, Stop);
            answer.StatusCode.ShouldBe(HttpStatusCode.NotFound, path);
        }

        foreach (var path in new[] { new SessionPush().Path, "api/v1/admin/wipe", "api/stash/v1/running/x" })
        {
            using var body = new StringContent("x 1\n");
            using var answer = await it.Api.PutAsync("/" + path, body, Stop);
            answer.StatusCode.ShouldBe(HttpStatusCode.NotFound, path);
            (await answer.Content.ReadFromJsonAsync(StashJson.Default.KubernetesStatus, Stop))!.Reason.ShouldBe("NotFound");
        }

        using var ready = await it.Api.GetAsync("/-/ready", Stop);
        ready.StatusCode.ShouldBe(HttpStatusCode.NotFound);

        // /metrics is another on each: sessions on the gateway, the operator's own on the API.
        (await it.Gateway.GetStringAsync("metrics", Stop)).ShouldContain("restic_session_success{");
        var own = await it.Api.GetStringAsync("/metrics", Stop);
        own.ShouldNotContain("restic_session_");
        own.ShouldContain("process_cpu_seconds_total");
    }

    [Theory]
    [InlineData(true, HttpStatusCode.Accepted)]
    [InlineData(false, HttpStatusCode.NotFound)]
    public async Task Wiping_is_a_matter_of_the_flag(bool admin, HttpStatusCode code)
    {
        await using var it = await OperatorProcess.StartAsync(admin ? ["--gateway-admin"] : []);
        using var empty = new ByteArrayContent([]);
        using var answer = await it.Gateway.PutAsync("api/v1/admin/wipe", empty, Stop);
        answer.StatusCode.ShouldBe(code);
    }

    [Fact]
    public async Task Kill_minus_9_loses_no_acknowledged_session_and_doubles_none()
    {
        await using var it = await OperatorProcess.StartAsync();
        List<string> acknowledged = [];
        for (var round = 0; round < 3; round++)
        {
            // Killed in the middle of the pushes: what was acknowledged by then must be there.
            var pushed = 0;
            var pushing = Parallel.ForEachAsync(Enumerable.Range(0, 200), new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Stop }, async (i, _) =>
            {
                var id = $"r{round}-{i}";
                try
                {
                    await it.PushAsync(new SessionPush { Id = id, App = $"app{i % 20}" });
                    lock (acknowledged)
                    {
                        acknowledged.Add(id);
                    }

                    Interlocked.Increment(ref pushed);
                }
                catch (HttpRequestException)
                {
                    // Not acknowledged.
                }
            });
            await Eventually.TrueAsync("some pushes are acknowledged", () => Volatile.Read(ref pushed) >= 60);
            await it.KillAsync();
            await pushing;
            await it.StartAgainAsync();
        }

        var ids = await Eventually.GetAsync("the journal has caught up", async () =>
        {
            var all = (await it.SessionsAsync("?limit=5000")).Items.Select(s => s.Id).ToList();
            return acknowledged.Except(all, StringComparer.Ordinal).Any() ? null : all;
        });
        ids.ShouldBeUnique();
        acknowledged.Count.ShouldBeGreaterThanOrEqualTo(180);
    }

    [Fact]
    public async Task A_session_delivered_again_is_one()
    {
        await using var it = await OperatorProcess.StartAsync();
        var named = new SessionPush { Id = "one", App = "a" };
        // As a pusher that knows no ids, 0.8.3's: the same group and start are the same session.
        var plain = new SessionPush { App = "b" };
        foreach (var push in new[] { named, plain, named with { Message = "again" }, plain })
        {
            await it.PushAsync(push);
        }

        // The journal keeps the log's order: where this one is, those before are.
        await it.PushAsync(new SessionPush { Id = "last", App = "c" });
        await Eventually.TrueAsync("the last push is in the journal", async () => (await it.SessionsAsync("?app=c")).Items.Count == 1);
        (await it.SessionsAsync()).Items.Select(s => s.App).Order(StringComparer.Ordinal).ShouldBe(["a", "b", "c"]);
    }

    [Fact]
    public async Task The_published_program_has_its_settings_beside_it()
    {
        File.Exists(Path.Combine(AppContext.BaseDirectory, "appsettings.json")).ShouldBeTrue();
        var (code, output, _) = await ChildProcess.RunAsync(OperatorProcess.Executable, ["version"]);
        (code, output.StartsWith("stash 0.", StringComparison.Ordinal)).ShouldBe((0, true));
    }

    [Theory]
    [InlineData("run")]
    [InlineData("version")]
    public async Task Every_command_explains_itself(string command)
    {
        var (code, output, error) = await ChildProcess.RunAsync(OperatorProcess.Executable, [command, "--help"]);
        (code, error).ShouldBe((0, ""));
        output.ShouldContain($"stash {command} [options]");
    }

    [Fact]
    public async Task Options_come_from_file_environment_and_flags_each_over_the_one_before()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.In("own.json"), """{ "Stash": { "Api": { "Address": "wrong" }, "Gateway": { "Address": "wrong" } } }""", Encoding.UTF8, Stop);
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["Stash__Gateway__Address"] = "also wrong" };
        var (code, _, error) = await ChildProcess.RunAsync(OperatorProcess.Executable, ["run", "--data-dir", folder.In("data"), "--config", folder.In("own.json"), "--api-address", "127.0.0.1:0"], environment);
        code.ShouldBe(1);
        error.ShouldStartWith("Stash:Gateway:Address is \"also wrong\": give ");
        error.ShouldNotContain("Stash:Api:Address");
    }
}
