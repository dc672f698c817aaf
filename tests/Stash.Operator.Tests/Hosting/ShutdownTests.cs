using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Stash.Core.Api;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Hosting;

/// <summary>The end of the real process after a signal: what is in progress ends, nothing that was answered is lost, nobody holds it up.</summary>
public sealed class ShutdownTests
{
    private const int Terminate = 15;
    private const string Body = "slow_push 1\n";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_in_progress_is_answered_and_kept_while_nothing_new_is_taken()
    {
        await using var it = await OperatorProcess.StartAsync();
        await using var push = await RawConnection.OpenAsync(it.GatewayAddress);
        await push.BeginAsync("PUT", "/metrics/job/slow", Body.Length);
        await push.SendAsync(Body[..5]);
        var settings = """{"metadata":{"resourceVersion":"VERSION"},"spec":{"backup":true}}""".Replace("VERSION", (await it.GetAsync("settings", StashJson.Default.MonitoringManifest)).Metadata.ResourceVersion, StringComparison.Ordinal);
        await using var change = await RawConnection.OpenAsync(it.ApiAddress, Path.Combine(it.DataDirectory, "ca.crt"));
        await change.BeginAsync("PUT", ApiPaths.Settings, settings.Length, "Content-Type: application/json", $"Authorization: Bearer {it.Token}");
        await using var idle = await RawConnection.OpenAsync(it.GatewayAddress);
        await idle.SendAsync("GET /-/ready HTTP/1.1\r\nHost: localhost\r\n\r\n");
        (await idle.ReadAsync())!.Value.Status.ShouldBe(200);

        it.Process.Signal(Terminate);
        await Eventually.TrueAsync("nobody listens any more", async () => await IsRefusedAsync(it.GatewayAddress) && await IsRefusedAsync(it.ApiAddress));
        (await idle.ReadAsync()).ShouldBeNull("an idle connection is closed");
        it.Process.HasExited.ShouldBeFalse();

        await push.SendAsync(Body[5..]);
        var answer = (await push.ReadAsync()).ShouldNotBeNull();
        (answer.Status, answer.Headers["Connection"]).ShouldBe((200, "close"));
        await change.SendAsync(settings);
        (await change.ReadAsync()).ShouldNotBeNull().Status.ShouldBe(200);
        (await it.Process.WaitAsync()).ShouldBe(0);
        it.Process.Output.ShouldNotContain("cut off");
        it.Process.Output.ShouldNotContain("Exception");
        it.Process.Error.ShouldBeEmpty();

        await it.KillAsync();
        await it.StartAgainAsync();
        (await it.Gateway.GetStringAsync("metrics", Stop)).ShouldContain("slow_push{instance=\"\",job=\"slow\"} 1\n");
        (await it.GetAsync("settings", StashJson.Default.MonitoringManifest)).Spec.Backup.ShouldBeTrue();
    }

    [Fact]
    public async Task A_client_that_never_ends_is_cut_off_after_the_grace()
    {
        await using var it = await OperatorProcess.StartWithAsync(new Dictionary<string, string>(StringComparer.Ordinal) { ["Stash:Api:ShutdownGrace"] = "1s" });
        await using var push = await RawConnection.OpenAsync(it.GatewayAddress);
        await push.BeginAsync("PUT", "/metrics/job/never", 100);
        await using var change = await RawConnection.OpenAsync(it.ApiAddress, Path.Combine(it.DataDirectory, "ca.crt"));
        await change.BeginAsync("PUT", ApiPaths.Settings, 100, "Content-Type: application/json", $"Authorization: Bearer {it.Token}");

        it.Process.Signal(Terminate);
        (await it.Process.WaitAsync()).ShouldBe(0);
        it.Process.Output.ShouldContain("Connections that did not end within 1 s (Stash:Api:ShutdownGrace) were cut off");
        it.Process.Output.ShouldNotContain("Exception");
        it.Process.Output.ShouldNotContain("ERROR");
        (await push.ReadAsync()).ShouldBeNull();
        (await change.ReadAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task For_the_delay_it_is_not_ready_and_takes_what_comes_until_a_second_signal_ends_it_at_once()
    {
        await using var it = await OperatorProcess.StartAsync("--shutdown-delay-duration", "10m");
        await it.LoggedAsync("WARNING After SIGTERM the process may take 600 s (Stash:Api:ShutdownDelay), 20 s (Stash:Api:ShutdownGrace) and 5 s to close: more than the 30 s after which Kubernetes kills a pod. Lower them, or set its terminationGracePeriodSeconds to at least 625");
        await using var events = await EventReader.OpenAsync(it);
        using (var ready = await it.Api.GetAsync(ApiPaths.Ready, Stop))
        {
            ready.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        it.Process.Signal(Terminate);
        await Eventually.TrueAsync("the gateway is not ready", async () =>
        {
            using var answer = await it.Gateway.GetAsync("-/ready", Stop);
            return answer.StatusCode == HttpStatusCode.ServiceUnavailable && answer.Headers.ConnectionClose == true && await answer.Content.ReadAsStringAsync(Stop) == "the gateway is shutting down\n";
        });
        using (var ready = await it.Api.GetAsync(ApiPaths.Ready, Stop))
        {
            ready.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable, "as asked the moment before, it would be ready");
            (await ready.Content.ReadAsStringAsync(Stop)).ShouldContain("[-]shutdown failed: the operator is shutting down\n");
        }

        // A restart would mend nothing: it still lives.
        (await it.Api.GetStringAsync(ApiPaths.Live, Stop)).ShouldBe("ok");
        await it.PushAsync(new SessionPush { Id = "late" });
        (await events.NextAsync("session")).Data.ShouldContain("\"late\"");

        it.Process.Signal(Terminate);
        (await it.Process.WaitAsync()).ShouldBe(128 + Terminate);
        await it.KillAsync();
        await it.StartAgainAsync();
        (await it.SessionsAsync()).Items.ShouldHaveSingleItem().Id.ShouldBe("late");
    }

    [Theory]
    [InlineData("0")]
    [InlineData("1s")]
    public async Task Streams_are_told_and_end(string delay)
    {
        await using var it = await OperatorProcess.StartAsync("--shutdown-delay-duration", delay);
        await using var events = await EventReader.OpenAsync(it);
        await events.NextAsync("ping");
        it.Process.Signal(Terminate);
        (await events.NextAsync()).EventType.ShouldBe("shutdown");
        (await events.EndAsync()).ShouldBeTrue("it ends as an answer does, not as a connection breaks");
        (await it.Process.WaitAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task Under_load_what_is_not_answered_was_not_taken_and_what_is_answered_is_kept()
    {
        await using var it = await OperatorProcess.StartAsync();
        ConcurrentBag<string> answered = [], unanswered = [];
        var clients = Enumerable.Range(0, 16).Select(client => PushUntilRefusedAsync(it.GatewayAddress, client, answered, unanswered)).ToArray();
        await Eventually.TrueAsync("there is load", () => answered.Count > 1000);
        it.Process.Signal(Terminate);
        await Task.WhenAll(clients);
        (await it.Process.WaitAsync()).ShouldBe(0);
        it.Process.Output.ShouldNotContain("cut off");

        await it.KillAsync();
        await it.StartAgainAsync();
        var kept = (await it.Gateway.GetStringAsync("metrics", Stop)).Split('\n').Where(l => l.StartsWith("load{", StringComparison.Ordinal)).Select(l => l.Split("job=\"")[1].Split('"')[0]).ToHashSet(StringComparer.Ordinal);
        answered.Except(kept, StringComparer.Ordinal).ShouldBeEmpty();
        unanswered.Intersect(kept, StringComparer.Ordinal).ShouldBeEmpty("who sends again what was not answered sends nothing twice");
        kept.Count.ShouldBe(answered.Count);
    }

    [Fact]
    public async Task A_snapshot_that_is_being_written_is_written_or_left_without_loss()
    {
        await using var it = await OperatorProcess.StartWithAsync(new Dictionary<string, string>(StringComparer.Ordinal) { ["Stash:Gateway:LogSegmentBytes"] = "65536" });
        var folder = Path.Combine(it.DataDirectory, "gateway");
        var text = string.Concat(Enumerable.Range(0, 2000).Select(i => $"snap{{n=\"{i}\",text=\"{new string('x', 400)}\"}} 1\n"));
        var groups = 0;
        while (Directory.GetFiles(folder, "snapshot-*.tmp").Length == 0)
        {
            groups.ShouldBeLessThan(400, "no snapshot was seen while it was written");
            using var body = new StringContent(text);
            using var answer = await it.Gateway.PutAsync($"metrics/job/j{groups}", body, Stop);
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
            groups++;
        }

        (await it.StopAsync()).ShouldBe(0);
        Directory.GetFiles(folder, "*.tmp").ShouldBeEmpty();
        Directory.GetFiles(folder, "snapshot-*").ShouldNotBeEmpty();
        await it.StartAgainAsync();
        (await it.Gateway.GetStringAsync("metrics", Stop)).Split('\n').Count(l => l.StartsWith("snap{", StringComparison.Ordinal)).ShouldBe(2000 * groups);
    }

    [Fact]
    public async Task The_gateway_alone_ends_in_the_same_way()
    {
        await using var it = await GatewayProcess.StartAsync();
        await using var push = await RawConnection.OpenAsync(it.Address);
        await push.BeginAsync("PUT", "/metrics/job/slow", Body.Length);
        it.Process.Signal(Terminate);
        await Eventually.TrueAsync("nobody listens any more", () => IsRefusedAsync(it.Address));
        await push.SendAsync(Body);
        (await push.ReadAsync()).ShouldNotBeNull().Status.ShouldBe(200);
        (await it.Process.WaitAsync()).ShouldBe(0);
        it.Process.Error.ShouldContain("Stopping: requests are taken for 0 s more");
    }

    private static async Task<bool> IsRefusedAsync(Uri address)
    {
        try
        {
            await using var connection = await RawConnection.OpenAsync(address);
            return false;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return true;
        }
    }

    /// <summary>Pushes one after the other on a connection, on another where it is closed, until it is refused.</summary>
    private static async Task PushUntilRefusedAsync(Uri gateway, int client, ConcurrentBag<string> answered, ConcurrentBag<string> unanswered)
    {
        var number = 0;
        while (true)
        {
            RawConnection connection;
            try
            {
                connection = await RawConnection.OpenAsync(gateway);
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionRefused or SocketError.ConnectionReset)
            {
                return;
            }

            await using (connection)
            {
                while (true)
                {
                    var job = $"c{client}-{number++}";
                    try
                    {
                        await connection.SendAsync($"PUT /metrics/job/{job} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 7\r\n\r\nload 1\n");
                    }
                    catch (IOException)
                    {
                        unanswered.Add(job);
                        break;
                    }

                    if (await connection.ReadAsync() is not { } answer)
                    {
                        unanswered.Add(job);
                        break;
                    }

                    answer.Status.ShouldBe(200);
                    answered.Add(job);
                    if (answer.Headers.GetValueOrDefault("Connection") == "close")
                    {
                        break;
                    }
                }
            }
        }
    }
}
