using Stash.Operator.Tests.Gateway.Conformance;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Gateway;

/// <summary>Names of any UTF-8, where they are enabled.</summary>
public sealed class Utf8NameTests
{
    [Fact]
    public async Task They_go_in_by_path_text_and_protobuf_and_come_out_in_every_form()
    {
        await using var gateway = await GatewayServer.StartAsync(settings: ("Utf8Names", "true"));
        await PushAsync(gateway, "/metrics/job/web/U__mount_20_point/root", "# HELP \"disk.free\" Free bytes.\n# TYPE \"disk.free\" gauge\n{\"disk.free\", \"größe \\\"x\\\"\"=\"1\", plain=\"2\"} 3\n{\"plain_name\"} 4\n");
        await PushAsync(gateway, "/metrics/job/web/U__b_2e_c@base64/eA", "# TYPE \"h.t\" histogram\n{\"h.t_bucket\",le=\"0.5\"} 1\n{\"h.t_sum\"} 2\n{\"h.t_count\"} 3\n");
        (await RawHttp.SendAsync(gateway.Address, "PUT", "/metrics/job/proto", Cases.Family("go.name", 1, [0x12, 9, 9, .. BitConverter.GetBytes(1.5)]), Cases.Protobuf)).Status.ShouldBe(200);

        var text = await ScrapeAsync(gateway, "text/plain; escaping=allow-utf-8", "text/plain; version=0.0.4; charset=utf-8; escaping=allow-utf-8");
        text.ShouldContain("# HELP \"disk.free\" Free bytes.\n# TYPE \"disk.free\" gauge\n{\"disk.free\",\"größe \\\"x\\\"\"=\"1\",instance=\"\",job=\"web\",\"mount point\"=\"root\",plain=\"2\"} 3\n");
        text.ShouldContain("plain_name{instance=\"\",job=\"web\",\"mount point\"=\"root\"} 4\n");
        text.ShouldContain("{\"h.t_bucket\",\"b.c\"=\"x\",instance=\"\",job=\"web\",le=\"0.5\"} 1\n");
        text.ShouldContain("{\"h.t_count\",\"b.c\"=\"x\",instance=\"\",job=\"web\"} 3\n");
        text.ShouldContain("{\"go.name\",instance=\"\",job=\"proto\"} 1.5\n");

        (await ScrapeAsync(gateway, "text/plain", "text/plain; version=0.0.4; charset=utf-8; escaping=underscores")).ShouldContain("\ndisk_free{");
        (await ScrapeAsync(gateway, "text/plain;escaping=dots", "text/plain; version=0.0.4; charset=utf-8; escaping=dots")).ShouldContain("\nplain__name{");
        var values = await ScrapeAsync(gateway, "text/plain;escaping=values", "text/plain; version=0.0.4; charset=utf-8; escaping=values");
        values.ShouldContain("# TYPE U__disk_2e_free gauge\nU__disk_2e_free{");
        values.ShouldContain("U__mount_20_point=\"root\"");
        var open = await ScrapeAsync(gateway, "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8", "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8");
        open.ShouldContain("# TYPE \"disk.free\" gauge\n# HELP \"disk.free\" Free bytes.\n{\"disk.free\",");
        (await RawHttp.SendAsync(gateway.Address, "GET", "/api/v1/metrics")).Body.ShouldContain("\"disk.free\":{");

        (await RawHttp.SendAsync(gateway.Address, "DELETE", "/metrics/job/web/U__mount_20_point/root")).Status.ShouldBe(202);
        gateway.Store.Statistics.Groups.ShouldBe(2);
    }

    [Theory]
    [InlineData("{\"a.b\"\n", "text format parsing error in line 1: expected ',' or '}' after metric name, found '\\n'\n")]
    [InlineData("{\"\"} 1\n", "text format parsing error in line 1: invalid metric name\n")]
    [InlineData("{a=\"b\"} 1\n", "text format parsing error in line 1: invalid metric name\n")]
    [InlineData("x{\"\"=\"b\"} 1\n", "text format parsing error in line 1: invalid label name for metric \"x\"\n")]
    [InlineData("x{\"__name__\"=\"b\"} 1\n", "text format parsing error in line 1: label name \"__name__\" is reserved\n")]
    [InlineData("x{\"a.b\"=\"1\",\"a.b\"=\"2\"} 1\n", "text format parsing error in line 1: duplicate label names for metric \"x\"\n")]
    [InlineData("{\"a.b", "text format parsing error in line 1: unexpected end of input stream\n")]
    public async Task A_bad_one_is_refused(string body, string error)
    {
        await using var gateway = await GatewayServer.StartAsync(settings: ("Utf8Names", "true"));
        var answer = await RawHttp.SendAsync(gateway.Address, "PUT", "/metrics/job/a", body);
        (answer.Status, answer.Body).ShouldBe((400, error));
    }

    [Theory]
    [InlineData("/metrics/job/a/U__/b", "improper label name \"U__\"\n")]
    [InlineData("/metrics/job/a/U____x/b", "")]
    [InlineData("/metrics/job/a/U______x/b", "improper label name \"U______x\"\n")]
    [InlineData("/metrics/job/a/U__a_zz_/b", "")]
    [InlineData("/metrics/job/a//b", "REDIRECT")]
    public async Task A_label_in_the_path_is_what_its_form_stands_for(string path, string error)
    {
        await using var gateway = await GatewayServer.StartAsync(settings: ("Utf8Names", "true"));
        var answer = await RawHttp.SendAsync(gateway.Address, "PUT", path, "x 1\n");
        (answer.Status, answer.Body).ShouldBe(error switch
        {
            "REDIRECT" => (301, ""),
            "" => (200, ""),
            _ => (400, error),
        });
    }

    [Fact]
    public async Task They_are_refused_unless_enabled()
    {
        await using var gateway = await GatewayServer.StartAsync();
        (await RawHttp.SendAsync(gateway.Address, "PUT", "/metrics/job/a", "{\"a.b\"} 1\n")).Status.ShouldBe(400);
        (await RawHttp.SendAsync(gateway.Address, "PUT", "/metrics/job/a", Cases.Family("a.b", 1, [0x12, 9, 9, .. BitConverter.GetBytes(1.5)]), Cases.Protobuf)).Status.ShouldBe(400);
        (await RawHttp.SendAsync(gateway.Address, "PUT", "/metrics/job/a/U__b_2e_c/d", "x 1\n")).Status.ShouldBe(200);
        (await RawHttp.SendAsync(gateway.Address, "GET", "/metrics", "", "Accept: text/plain;escaping=values")).Header("Content-Type").ShouldBe("text/plain; version=0.0.4; charset=utf-8");
        (await RawHttp.SendAsync(gateway.Address, "GET", "/metrics")).Body.ShouldContain("x{U__b_2e_c=\"d\",instance=\"\",job=\"a\"} 1\n");
    }

    [Fact]
    public async Task They_are_there_after_a_kill()
    {
        await using var it = await OperatorProcess.StartAsync("--push.enable-utf8-names");
        (await RawHttp.SendAsync(it.GatewayAddress, "PUT", "/metrics/job/a/U__b_2e_c/d", "{\"x.y\",\"l m\"=\"1\"} 1\n")).Body.ShouldBe("");
        var before = await RawHttp.SendAsync(it.GatewayAddress, "GET", "/metrics", "", "Accept: text/plain;escaping=allow-utf-8");
        before.Body.ShouldContain("{\"x.y\",\"b.c\"=\"d\",instance=\"\",job=\"a\",\"l m\"=\"1\"} 1\n");
        await it.KillAsync();
        await it.StartAgainAsync();
        var after = await RawHttp.SendAsync(it.GatewayAddress, "GET", "/metrics", "", "Accept: text/plain;escaping=allow-utf-8");
        after.Body.ShouldContain("{\"x.y\",\"b.c\"=\"d\",instance=\"\",job=\"a\",\"l m\"=\"1\"} 1\n");
    }

    private static async Task PushAsync(GatewayServer gateway, string path, string body)
    {
        var answer = await RawHttp.SendAsync(gateway.Address, "PUT", path, body);
        answer.Status.ShouldBe(200, answer.Body);
    }

    private static async Task<string> ScrapeAsync(GatewayServer gateway, string accept, string type)
    {
        var answer = await RawHttp.SendAsync(gateway.Address, "GET", "/metrics", "", $"Accept: {accept}");
        answer.Header("Content-Type").ShouldBe(type);
        return answer.Body;
    }
}
