using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;

namespace Stash.Operator.Tests.Gateway;

/// <summary>The same requests to our gateway and to the real one: status, content type, body, and what is exposed afterwards.</summary>
public sealed partial class SideBySideTests
{
    [Theory]
    [InlineData("PUT", "/metrics/job/a", "x 1\n")]
    [InlineData("POST", "/metrics/job/a", "x 1\n")]
    [InlineData("PUT", "/metrics/job/a", "")]
    [InlineData("POST", "/metrics/job/a", "")]
    [InlineData("PUT", "/metrics/job/a", "x 1")]
    [InlineData("PUT", "/metrics/job/a", "1x 1\n")]
    [InlineData("PUT", "/metrics/job/a", "x{a=\"1} 1\n")]
    [InlineData("PUT", "/metrics/job/a", "x one\n")]
    [InlineData("PUT", "/metrics/job/a/x", "x 1\n")]
    [InlineData("PUT", "/metrics/job/a/", "x 1\n")]
    [InlineData("PUT", "/metrics/job/a/x/", "x 1\n")]
    [InlineData("PUT", "/metrics/job/a/x//y/z", "x 1\n")]
    [InlineData("PUT", "/metrics/job/a/../b", "x 1\n")]
    [InlineData("PUT", "/metrics/job/a/1x/y", "x 1\n")]
    [InlineData("PUT", "/metrics/job/a/__x/y", "x 1\n")]
    [InlineData("PUT", "/metrics/job/a/x@base65/y", "x 1\n")]
    [InlineData("PUT", "/metrics/job/a/@base64/YQ", "x 1\n")]
    [InlineData("PUT", "/metrics/job//", "x 1\n")]
    [InlineData("PUT", "/metrics/job/", "x 1\n")]
    [InlineData("PUT", "/metrics/job", "x 1\n")]
    [InlineData("PUT", "/metrics/", "x 1\n")]
    [InlineData("GET", "/metrics/", "")]
    [InlineData("PUT", "/metrics/jobs/a", "x 1\n")]
    [InlineData("PUT", "/metrics/job@base64/!!!", "x 1\n")]
    [InlineData("PUT", "/metrics/job@base64/AA+A/x/y", "x 1\n")]
    [InlineData("PUT", "/metrics/job@base64/AAAAA/x/y", "x 1\n")]
    [InlineData("PUT", "/metrics/job@base64/YQ==/x/y", "x 1\n")]
    [InlineData("PUT", "/metrics/job@base64/YQ/x/y", "x 1\n")]
    [InlineData("PUT", "/metrics/job@base64/YR/x/y", "x 1\n")]
    [InlineData("PUT", "/metrics/job@base64/w6TDtsO8L_CfmYI/x@base64/L3Zhci90bXA=", "x 1\n")]
    [InlineData("PUT", "/metrics/job/a/x@base64/!!!", "x 1\n")]
    [InlineData("PUT", "/metrics/job/a/x@base64/=", "x 1\n")]
    [InlineData("PUT", "/metrics/job/a/x@base64/", "x 1\n")]
    [InlineData("PUT", "/metrics/job/a/job/b", "x 1\n")]
    [InlineData("PUT", "/metrics/job/a/l/1/l/2", "x 1\n")]
    [InlineData("PUT", "/metrics/job/a+b%20c%C3%A4/l/1?q=1", "x 1\n")]
    [InlineData("PUT", "/metrics/job/a/instance/i", "x{instance=\"j\",job=\"k\"} 1\n")]
    [InlineData("PUT", "/metrics/job/ts", "x 1 5\n")]
    [InlineData("PUT", "/metrics/job/a", "x{l=\"1\"} 1\nx{l=\"1\"} 2\n")]
    [InlineData("PUT", "/metrics/job/a", "pushgateway_build_info 1\n")]
    [InlineData("PUT", "/metrics/job/a", "# HELP pushgateway_build_info mine\n# TYPE pushgateway_build_info gauge\npushgateway_build_info 1\n")]
    [InlineData("PUT", "/metrics/job/a", "x{__l=\"1\"} 1\n")]
    [InlineData("PUT", "/metrics/job/a", "xc_count 1\n# TYPE xc histogram\nxc_bucket{le=\"1\"} 1\n")]
    [InlineData("PUT", "/metrics/job/a", "# TYPE s summary\ns{quantile=\"0.5\"} 1\ns_sum 2\ns_count 3\n# TYPE s_bucket gauge\ns_bucket 1\n")]
    [InlineData("PUT", "/metrics/job/a", "# TYPE h histogram\nh_bucket{le=\"2\"} 1\nh_bucket{le=\"1\"} 1\nh_sum 2\nh_count 3\n")]
    [InlineData("PUT", "/metrics/job/a/quantile/0.5", "# TYPE s summary\ns_count 1\n")]
    [InlineData("PUT", "/metrics/job/a", "push_time_seconds 1\npush_failure_time_seconds{a=\"1\"} 4\nz 1e6\nz{a=\"\\\\ \\\" \\n\"} 123456789\nz{b=\"1\"} -0\n")]
    [InlineData("PUT", "/metrics/job/a", "z{a=\"1\"} +Inf\nz{a=\"2\"} -Inf\nz{a=\"3\"} nan\nz{a=\"4\"} 1e-7\nz{a=\"5\"} 0.1\nz{b=\"\"} 3\n")]
    [InlineData("DELETE", "/metrics/job/first", "")]
    [InlineData("DELETE", "/metrics/job/none", "")]
    [InlineData("DELETE", "/metrics/job/none/x", "")]
    [InlineData("GET", "/metrics/job/a", "")]
    [InlineData("PATCH", "/metrics/job/a", "")]
    [InlineData("OPTIONS", "/metrics/job/a", "")]
    [InlineData("PUT", "/metrics", "x 1\n")]
    [InlineData("HEAD", "/metrics", "")]
    [InlineData("OPTIONS", "/metrics", "")]
    [InlineData("GET", "/-/ready", "")]
    [InlineData("GET", "/-/healthy", "")]
    [InlineData("POST", "/-/ready", "")]
    [InlineData("GET", "/nope", "")]
    [InlineData("GET", "/api/v1/nope", "")]
    [InlineData("GET", "/api/v1/admin/wipe", "")]
    [InlineData("PUT", "/api/v1/admin/wipe", "")]
    public async Task Answers_and_exposes_the_same(string method, string path, string body)
    {
        await using var ours = await GatewayServer.StartAsync();
        await using var real = await ReferenceGateway.StartAsync();
        await CompareAsync(ours, real, "PUT", "/metrics/job/first/zone/eu", "x 7\n# HELP t A help.\n# TYPE t gauge\nt 1\n");
        await CompareAsync(ours, real, method, path, body);
        (await ExposedAsync(ours.Address)).ShouldBe(await ExposedAsync(real.Address));
    }

    [Fact]
    public async Task A_sequence_of_pushes_leaves_the_same()
    {
        await using var ours = await GatewayServer.StartAsync();
        await using var real = await ReferenceGateway.StartAsync();
        (string Method, string Path, string Body)[] requests =
        [
            ("PUT", "/metrics/job/a", "x{l=\"1\"} 1\nx{l=\"2\"} 2\ny 3\n"),
            ("POST", "/metrics/job/a", "x{l=\"3\"} 4\n"),
            ("PUT", "/metrics/job/b", "# TYPE x gauge\nx 1\n"),
            ("POST", "/metrics/job/b", "x 1 77\n"),
            ("PUT", "/metrics/job/b", "x 8\n"),
            ("PUT", "/metrics/job/c/app/web", "x 1\nx 2\n"),
            ("PUT", "/metrics/job/a", "# TYPE z counter\nz 5\n"),
            ("DELETE", "/metrics/job/b", ""),
            ("PUT", "/metrics/job/d", "# TYPE x gauge\nx 1\n"),
            ("POST", "/metrics/job/a", ""),
            ("PUT", "/metrics/job/d/instance/one", "x{instance=\"\"} 1\n"),
            ("PUT", "/metrics/job/e", "# TYPE z histogram\nz_bucket{le=\"1\"} 1\n"),
            ("PUT", "/metrics/job/f", "# TYPE hh histogram\nhh_bucket{le=\"1\"} 1\nhh_sum 1\nhh_count 1\n"),
            ("PUT", "/metrics/job/g", "hh_count 1\n"),
            ("PUT", "/metrics/job/g", "hh_bucket 1\n"),
            ("PUT", "/metrics/job/h", "# TYPE hh summary\nhh_count 1\n"),
        ];
        foreach (var (method, path, body) in requests)
        {
            await CompareAsync(ours, real, method, path, body);
            (await ExposedAsync(ours.Address)).ShouldBe(await ExposedAsync(real.Address), $"after {method} {path}");
        }
    }

    [Fact]
    public async Task A_gzipped_push_is_the_same()
    {
        await using var ours = await GatewayServer.StartAsync();
        await using var real = await ReferenceGateway.StartAsync();
        var body = Gzip("x 1\n");
        var answers = await Task.WhenAll(
            RawHttp.SendAsync(ours.Address, "PUT", "/metrics/job/a", body, "Content-Encoding: gzip"),
            RawHttp.SendAsync(real.Address, "PUT", "/metrics/job/a", body, "Content-Encoding: gzip"));
        answers[0].Essence.ShouldBe(answers[1].Essence);
        answers[0].Status.ShouldBe(200);
        (await ExposedAsync(ours.Address)).ShouldBe(await ExposedAsync(real.Address));
    }

    [Fact]
    public async Task Own_metrics_have_the_names_types_helps_and_labels_of_the_real_one()
    {
        await using var ours = await GatewayServer.StartAsync();
        await using var real = await ReferenceGateway.StartAsync();
        foreach (var gateway in new[] { ours.Address, real.Address })
        {
            await RawHttp.SendAsync(gateway, "PUT", "/metrics/job/a", "x 1\n");
            await RawHttp.SendAsync(gateway, "POST", "/metrics/job/a", "x 1");
            await RawHttp.SendAsync(gateway, "DELETE", "/metrics/job/a");
            await RawHttp.SendAsync(gateway, "PUT", "/api/v1/admin/wipe");
            await RawHttp.SendAsync(gateway, "GET", "/-/healthy");
            await RawHttp.SendAsync(gateway, "GET", "/nope");
        }

        var mine = await OwnAsync(ours.Address);
        mine.ShouldBe(await OwnAsync(real.Address));
        mine.ShouldContain("pushgateway_http_requests_total{code=\"400\",handler=\"push\",method=\"post\"} 1");
    }

    private static async Task CompareAsync(GatewayServer ours, ReferenceGateway real, string method, string path, string body)
    {
        var mine = await RawHttp.SendAsync(ours.Address, method, path, body);
        var reference = await RawHttp.SendAsync(real.Address, method, path, body);
        Normal(mine.Essence).ShouldBe(Normal(reference.Essence), $"{method} {path}");
    }

    /// <summary>Which of two metrics that do not go together is named is chance in the reference.</summary>
    private static string Normal(string essence) => Values().Replace(Types().Replace(essence, "of two that collide"), "value:N > }");

    /// <summary>All that is exposed, own metrics left out, times replaced by whether there is one.</summary>
    private static async Task<string> ExposedAsync(Uri gateway)
    {
        var answer = await RawHttp.SendAsync(gateway, "GET", "/metrics");
        answer.Status.ShouldBe(200);
        answer.Header("Content-Type").ShouldBe("text/plain; version=0.0.4; charset=utf-8");
        StringBuilder text = new();
        foreach (var line in answer.Body.Split('\n'))
        {
            var name = line.Split(' ', '{') is ["#", _, var family, ..] ? family : line.Split(' ', '{')[0];
            if (name.StartsWith("go_", StringComparison.Ordinal) || name.StartsWith("process_", StringComparison.Ordinal) || name.StartsWith("promhttp_", StringComparison.Ordinal)
                || name.StartsWith("pushgateway_http", StringComparison.Ordinal) || line.Contains("goversion=", StringComparison.Ordinal) || line.StartsWith("# HELP pushgateway_build", StringComparison.Ordinal))
            {
                continue;
            }

            var value = line.LastIndexOf(' ');
            text.AppendLine(name.StartsWith("push_", StringComparison.Ordinal) && line[0] != '#' ? $"{line[..value]} {(line[value..] == " 0" ? "never" : "once")}" : line);
        }

        return text.ToString();
    }

    /// <summary>Own metrics; of those that count time or size, no values.</summary>
    private static async Task<string[]> OwnAsync(Uri gateway)
    {
        var answer = await RawHttp.SendAsync(gateway, "GET", "/metrics");
        return
        [
            .. answer.Body.Split('\n').Where(l => l.Contains("pushgateway_", StringComparison.Ordinal) && !l.Contains("handler=\"ready\"", StringComparison.Ordinal)).Select(l =>
                l.StartsWith("pushgateway_build_info", StringComparison.Ordinal)
                    ? Quoted().Replace(l, "V")
                    : l.StartsWith("pushgateway_http_push", StringComparison.Ordinal) && !l.Contains("_count", StringComparison.Ordinal) ? l[..l.LastIndexOf(' ')] : l),
        ];
    }

    [GeneratedRegex("value:[0-9.e+]+ > }", RegexOptions.NonBacktracking)]
    private static partial Regex Values();

    [GeneratedRegex("collected metric .* is not a [A-Z]+|collected [a-z ]+ named .* collides with previously collected [a-z ]+ named .*", RegexOptions.NonBacktracking)]
    private static partial Regex Types();

    [GeneratedRegex("\"[^\"]*\"", RegexOptions.NonBacktracking)]
    private static partial Regex Quoted();

    private static byte[] Gzip(string text)
    {
        using MemoryStream output = new();
        using (GZipStream gzip = new(output, CompressionLevel.Fastest))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        return output.ToArray();
    }
}
