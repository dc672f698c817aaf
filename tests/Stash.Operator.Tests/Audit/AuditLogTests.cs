using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Stash.Core.Api;
using Stash.Core.Monitoring;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Audit;

/// <summary>The audit log of the real process.</summary>
public sealed class AuditLogTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_change_is_a_line_with_who_what_and_what_became_of_it()
    {
        await using var it = await OperatorProcess.StartAsync();
        using var answer = await it.ChangeAsync("monitoring");
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);

        var line = it.Lines().ShouldHaveSingleItem();
        line.Text("auditID").ShouldBe(AuditTrail.IdOf(answer));
        Guid.TryParse(line.Text("auditID"), out _).ShouldBeTrue();
        (line.Text("stage"), line.Text("level"), line.Text("verb"), line.Text("requestURI")).ShouldBe(("ResponseComplete", "Metadata", "update", ApiPaths.Settings));
        line.Text("user.username").ShouldNotBeNullOrEmpty();
        (line.Text("authentication"), line.Text("user.username") != "system:anonymous").ShouldBe(("token", true));
        line.GetProperty("sourceIPs").EnumerateArray().Select(a => a.GetString()).ShouldBe(["127.0.0.1"]);
        (line.Text("objectRef.apiGroup"), line.Text("objectRef.apiVersion"), line.Text("objectRef.resource")).ShouldBe((ApiPaths.Group, ApiPaths.Version, "settings"));
        (line.Text("responseStatus.code"), line.Text("responseStatus.status"), line.GetProperty("success").GetBoolean()).ShouldBe(("200", "Success", true));
        (line.Text("before.prometheus.namespace"), line.Text("after.prometheus.namespace"), line.Text("after.agent")).ShouldBe(("", "monitoring", "none"));
        var received = DateTimeOffset.Parse(line.Text("requestReceivedTimestamp")!, System.Globalization.CultureInfo.InvariantCulture);
        line.Text("requestReceivedTimestamp")!.ShouldMatch(@"^2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$");
        DateTimeOffset.Parse(line.Text("stageTimestamp")!, System.Globalization.CultureInfo.InvariantCulture).ShouldBeGreaterThanOrEqualTo(received);
        line.GetProperty("durationSeconds").GetDouble().ShouldBePositive();
        File.GetUnixFileMode(Path.Combine(it.DataDirectory, "audit.log")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        (await it.Api.GetStringAsync("/metrics", Stop)).ShouldContain("\napiserver_audit_event_total 1\n");

        // Reading and trying changes nothing.
        (await it.SettingsAsync()).Spec.Prometheus.Namespace.ShouldBe("monitoring");
        using var preview = await it.Api.PostAsync("settings/preview", new StringContent("{}", System.Text.Encoding.UTF8, "application/json"), Stop);
        preview.StatusCode.ShouldBe(HttpStatusCode.OK);
        preview.Headers.Contains("Audit-Id").ShouldBeFalse();
        it.Lines().Count.ShouldBe(1);
    }

    [Fact]
    public async Task What_is_refused_is_recorded_too_and_never_a_token()
    {
        await using var it = await OperatorProcess.StartAsync();
        var read = await it.SettingsAsync();
        var stale = JsonSerializer.Serialize(read with { Metadata = read.Metadata with { ResourceVersion = "older" } }, StashJson.Default.MonitoringManifest);
        const string wrongToken = "wrong-token-of-the-test";
        using var stranger = it.NewApiClient(null);
        using var wrong = it.NewApiClient(wrongToken);
        List<(int Code, string Reason, string User, string Id)> expected = [];
        foreach (var (body, client, code, reason) in new (string, HttpClient, HttpStatusCode, string)[]
        {
            (stale, it.Api, HttpStatusCode.Conflict, "Conflict"),
            ("{}", it.Api, HttpStatusCode.UnprocessableEntity, "Invalid"),
            ($"{{\"token\":\"{it.Token}\"}}", it.Api, HttpStatusCode.BadRequest, "BadRequest"),
            (stale, stranger, HttpStatusCode.Unauthorized, "Unauthorized"),
            (stale, wrong, HttpStatusCode.Unauthorized, "Unauthorized"),
            (new string('x', 2 << 20), it.Api, HttpStatusCode.RequestEntityTooLarge, "RequestEntityTooLarge"),
        })
        {
            using var answer = await it.SendAsync(body, client: client);
            (await answer.StatusAsync(code)).Reason.ShouldBe(reason);
            expected.Add(((int)code, reason, client == it.Api ? "known" : "system:anonymous", AuditTrail.IdOf(answer)));
        }

        var lines = it.Lines();
        lines.Select(l => (int.Parse(l.Text("responseStatus.code")!, System.Globalization.CultureInfo.InvariantCulture), l.Text("responseStatus.reason")!, l.Text("user.username") == "system:anonymous" ? "system:anonymous" : "known", l.Text("auditID")!))
            .ShouldBe(expected);
        lines.ShouldAllBe(l => !l.GetProperty("success").GetBoolean() && l.GetProperty("after").ValueKind == JsonValueKind.Null && l.GetProperty("before").ValueKind == JsonValueKind.Null);
        var text = await File.ReadAllTextAsync(Path.Combine(it.DataDirectory, "audit.log"), Stop);
        text.ShouldNotContain(it.Token);
        text.ShouldNotContain(wrongToken);
        text.ShouldNotContain("Bearer");
    }

    [Fact]
    public async Task A_request_that_is_cut_short_in_the_middle_is_recorded()
    {
        await using var it = await OperatorProcess.StartAsync();
        await using (var change = await RawConnection.OpenAsync(it.ApiAddress, Path.Combine(it.DataDirectory, "ca.crt")))
        {
            await change.BeginAsync("PUT", ApiPaths.Settings, 100, "Content-Type: application/json", $"Authorization: Bearer {it.Token}");
        }

        await Eventually.TrueAsync("it is recorded", () => new FileInfo(Path.Combine(it.DataDirectory, "audit.log")).Length > 0);
        it.Lines().ShouldHaveSingleItem().Text("responseStatus.code").ShouldBeOneOf("400", "499");
        it.Process.Output.ShouldNotContain("fault of the operator");
    }

    [Fact]
    public async Task What_the_client_says_of_itself_is_bounded_and_cannot_break_a_line()
    {
        await using var it = await OperatorProcess.StartAsync();
        foreach (var agent in new[] { "tab\there, quote\" and \u202Eturned", new string('a', 5000) })
        {
            await using var change = await RawConnection.OpenAsync(it.ApiAddress, Path.Combine(it.DataDirectory, "ca.crt"));
            await change.SendAsync($"PUT {ApiPaths.Settings} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {it.Token}\r\nUser-Agent: {agent}\r\nContent-Length: 0\r\n\r\n");
            (await change.ReadAsync()).ShouldNotBeNull().Status.ShouldBe(415);
        }

        var lines = it.Lines();
        lines[0].Text("userAgent").ShouldBe("tab\there, quote\" and \u202Eturned");
        (await File.ReadAllBytesAsync(Path.Combine(it.DataDirectory, "audit.log"), Stop)).ShouldAllBe(b => b == '\n' || (b >= ' ' && b < 0x7f));
        var cut = lines[1].Text("userAgent")!;
        (cut.Length, cut[^14..]).ShouldBe((1024, "aa...TRUNCATED"));
    }

    [Fact]
    public async Task Settings_that_are_too_large_for_a_line_are_named_in_it()
    {
        await using var it = await OperatorProcess.StartAsync();
        var read = await it.SettingsAsync();
        var labels = Enumerable.Range(0, 1500).ToDictionary(i => $"label-{i}", _ => new string('v', 40), StringComparer.Ordinal);
        using var answer = await it.SendAsync(JsonSerializer.Serialize(read with { Spec = read.Spec with { ServiceMonitor = new ServiceMonitorSpec { Labels = labels } } }, StashJson.Default.MonitoringManifest));
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var next = await it.ChangeAsync("next");
        next.StatusCode.ShouldBe(HttpStatusCode.OK);
        foreach (var line in it.Lines())
        {
            line.GetRawText().Length.ShouldBeLessThan(64 << 10);
            line.GetProperty("omitted").EnumerateArray().Select(o => o.GetString()).ShouldBe(["before", "after"]);
            line.GetProperty("success").GetBoolean().ShouldBeTrue();
        }
    }

    [Fact]
    public async Task Many_at_once_are_a_whole_line_each()
    {
        await using var it = await OperatorProcess.StartAsync();
        ConcurrentBag<string> ids = [];
        await Parallel.ForEachAsync(Enumerable.Range(0, 100), new ParallelOptions { MaxDegreeOfParallelism = 20, CancellationToken = Stop }, async (i, _) =>
        {
            using var answer = await it.ChangeAsync($"ns-{i}");
            ids.Add(AuditTrail.IdOf(answer));
        });
        it.Lines().Select(l => l.Text("auditID")!).Order(StringComparer.Ordinal).ShouldBe(ids.Order(StringComparer.Ordinal));
        // Each success begins where the one before ended.
        var changes = it.Lines().Where(l => l.GetProperty("success").GetBoolean()).ToList();
        changes.Count.ShouldBePositive();
        changes.Select(c => c.Text("before.prometheus.namespace")!).Append((await it.SettingsAsync()).Spec.Prometheus.Namespace).Order(StringComparer.Ordinal)
            .ShouldBe(changes.Select(c => c.Text("after.prometheus.namespace")!).Append("").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Kill_minus_9_loses_no_record_of_an_answered_change()
    {
        await using var it = await OperatorProcess.StartAsync();
        List<string> answered = [];
        for (var round = 0; round < 2; round++)
        {
            using CancellationTokenSource killed = new();
            var number = 0;
            var changing = Task.Run(async () =>
            {
                while (!killed.IsCancellationRequested)
                {
                    try
                    {
                        using var answer = await it.ChangeAsync($"r{round}-{number}");
                        answered.Add(AuditTrail.IdOf(answer));
                        Interlocked.Increment(ref number);
                    }
                    catch (HttpRequestException)
                    {
                        return;
                    }
                }
            }, Stop);
            await Eventually.TrueAsync("some changes are made", () => Volatile.Read(ref number) >= 10);
            await it.KillAsync();
            await changing;
            await it.StartAgainAsync();
        }

        it.Lines().Select(l => l.Text("auditID")!).ShouldBeUnique();
        answered.Except(it.Lines().Select(l => l.Text("auditID")!), StringComparer.Ordinal).ShouldBeEmpty();
    }

    [Fact]
    public async Task Who_has_no_credential_cannot_fill_it()
    {
        await using var it = await OperatorProcess.StartAsync();
        using var stranger = it.NewApiClient(null);
        await Parallel.ForEachAsync(Enumerable.Range(0, 400), Stop, async (_, _) => (await it.SendAsync("{}", client: stranger)).Dispose());
        var metrics = await it.Api.GetStringAsync("/metrics", Stop);
        var unrecorded = int.Parse(metrics.Split("\nstash_audit_unrecorded_total ")[1].Split('\n')[0], System.Globalization.CultureInfo.InvariantCulture);
        unrecorded.ShouldBePositive();
        (it.Lines().Count + unrecorded).ShouldBe(400);
        // Who is known is recorded all the same.
        using var answer = await it.ChangeAsync("known");
        it.Lines()[^1].Text("auditID").ShouldBe(AuditTrail.IdOf(answer));
    }

    [Fact]
    public async Task On_standard_output_it_is_alone_and_without_a_reader_nothing_is_changed()
    {
        using TempFolder folder = new();
        // A reader that goes away after one line.
        await using var it = await OperatorProcess.StartRedirectedAsync($"> >(head -n 1 > '{folder.In("audit")}')", "--audit-log-path=-");
        using (var first = await it.ChangeAsync("first"))
        {
            first.StatusCode.ShouldBe(HttpStatusCode.OK);
            await Eventually.TrueAsync("the line is read", () => new FileInfo(folder.In("audit")).Length > 0);
            AuditTrail.Read(await File.ReadAllTextAsync(folder.In("audit"), Stop)).ShouldHaveSingleItem().Text("auditID").ShouldBe(AuditTrail.IdOf(first));
        }

        await Eventually.TrueAsync("the audit log cannot be written", async () =>
        {
            using var answer = await it.ChangeAsync("second");
            return answer.StatusCode == HttpStatusCode.ServiceUnavailable
                && (await answer.StatusAsync(HttpStatusCode.ServiceUnavailable)).Message == "nothing was changed, since the audit log cannot be written: what reads standard output is gone: restart stash with a reader, or name a file with --audit-log-path. Then send it again";
        });
        (await it.Api.GetStringAsync("/metrics", Stop)).ShouldContain("\nstash_audit_available 0\n");
    }
}
