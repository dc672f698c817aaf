using System.Globalization;
using System.Net;
using System.Text;
using Stash.Core.Api;
using Stash.Operator.Tests.Gateway;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Tls;

/// <summary>Requests that no honest client sends, byte for byte over TLS: none gets by authentication, none finds an endpoint by another spelling, none is answered with an exception's text.</summary>
public sealed class RequestProbeTests(OperatorFixture fixture) : IClassFixture<OperatorFixture>
{
    private readonly OperatorProcess _operator = fixture.Operator;

    /// <summary>A path as it is sent, and what it is answered with the token. Without, 401 takes the place of 200, 404 and 405.</summary>
    public static TheoryData<string, int> Paths => new(
        ("/metrics", 200), ("/metrics?x=y", 200), ("/metrics?/../healthz", 200),
        ("//metrics", 404), ("/metrics/", 404), ("/metrics//", 404), ("/./metrics", 404), ("/metrics/.", 404), ("/metrics/..", 404), ("/metrics/../metrics", 404), ("/x/../metrics", 404), ("/healthz/../metrics", 404),
        ("/METRICS", 404), ("/Metrics", 404), ("/%6detrics", 404), ("/metric%73", 404), ("/metrics;x", 404), ("/metrics;/", 404), ("/..;/metrics", 404), ("/metrics#x", 404), ("/metrics%23", 404), ("/metrics%3f", 404),
        ("/%2e%2e", 404), ("/%2e%2e/metrics", 404), ("/x/%2e%2e/metrics", 404), ("/%2fmetrics", 404), ("/metrics%2f", 404), ("/healthz%2f..%2fmetrics", 404), ("/%252e%252e/metrics", 404), ("/\\metrics", 404), ("/metrics\\", 404),
        ("/metrics%20", 404), ("/metrics%0d%0a", 404), ("/metrics%ff", 404), ("/metrics%zz", 404), ("/%c0%ae/metrics", 404), ("/metrics.", 404), ("/metrics~", 404),
        ("/HEALTHZ", 404), ("/healthz/", 404), ("/%68ealthz", 404),
        (ApiPaths.Settings, 200), (ApiPaths.Settings + "/", 404), ("/APIS/" + ApiPaths.Group + "/" + ApiPaths.Version + "/settings", 404), ("/" + ApiPaths.Settings, 404), (ApiPaths.Root + "/x/../settings", 404), (ApiPaths.Root + "/%73ettings", 404),
        (ApiPaths.Sessions + "/%2e%2e/settings", 404), (ApiPaths.Sessions + "/..%2fsettings", 404), ("/openapi/V1.json", 404));

    /// <summary>Targets that are refused before anything is looked at.</summary>
    public static TheoryData<string> Targets => ["/metrics%00", "/metrics\0", "/met\xffrics", "http://localhost/metrics", "https://elsewhere/metrics", "https:///metrics", "metrics", "*", "?", "../metrics", ""];

    /// <summary>Heads with <c>{auth}</c> in them, their body, and the code without and with the token.</summary>
    public static TheoryData<string, int, int> Heads => new(
        ("GET /metrics HTTP/1.1\r\n{auth}\r\n", 400, 400),
        ("GET /metrics HTTP/1.1\r\nHost: localhost\r\nHost: elsewhere\r\n{auth}\r\n", 400, 400),
        ("GET /metrics HTTP/1.1\r\nHost: a b/<>\r\n{auth}\r\n", 400, 400),
        ("GET /metrics HTTP/1.1\r\nHost: elsewhere\r\n{auth}Connection: close\r\n\r\n", 401, 200),
        ("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Original-URL: /metrics\r\nX-Rewrite-URL: /metrics\r\nConnection: close\r\n\r\n", 200, 200),
        ("GET /metrics HTTP/1.1\r\nHost: localhost\r\nX-Original-URL: /healthz\r\nX-Forwarded-For: 127.0.0.1\r\nForwarded: for=127.0.0.1\r\nConnection: close\r\n{auth}\r\n", 401, 200),
        ("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-HTTP-Method-Override: PUT\r\nConnection: close\r\n\r\n", 200, 200),
        // Two bodies of one request: the second is never read as another request.
        ("POST /metrics HTTP/1.1\r\nHost: localhost\r\n{auth}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 401, 405),
        ("POST /metrics HTTP/1.1\r\nHost: localhost\r\n{auth}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", 400, 400),
        ("POST /metrics HTTP/1.1\r\nHost: localhost\r\n{auth}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", 400, 400),
        ("POST /metrics HTTP/1.1\r\nHost: localhost\r\n{auth}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", 400, 400),
        ("POST /metrics HTTP/1.1\r\nHost: localhost\r\n{auth}Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdefGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", 400, 400),
        ("POST /metrics HTTP/1.1\r\nHost: localhost\r\n{auth}Content-Length: -5\r\n\r\nabcdef", 400, 400),
        ("POST /metrics HTTP/1.1\r\nHost: localhost\r\n{auth}Content-Length: 5x\r\n\r\nabcdef", 400, 400),
        ("GET /metrics HTTP/1.1\r\nHost: localhost\r\nX-A: a\r\n folded\r\n{auth}\r\n", 400, 400),
        ("GET /metrics HTTP/1.1\r\nHost: localhost\r\nX-A: a\0b\r\n{auth}\r\n", 400, 400),
        ("GET /metrics HTTP/1.1\r\nHost: localhost\r\nno colon\r\n{auth}\r\n", 400, 400),
        ("GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{auth}Authorization: Bearer other\r\n\r\n", 401, 401),
        ("GET /metrics HTTP/2.0\r\nHost: localhost\r\n{auth}\r\n", 505, 505),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, 505),
        ("GET /metrics\r\n\r\n", 400, 400),
        ("G<T /metrics HTTP/1.1\r\nHost: localhost\r\n{auth}\r\n", 400, 400),
        ("CONNECT localhost:80 HTTP/1.1\r\nHost: localhost:80\r\n{auth}Connection: close\r\n\r\n", 401, 404),
        ("GET /metrics HTTP/1.1\r\nHost: localhost\r\n{auth}Connection: close, Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n", 401, 200),
        ("\x16\x03\x01 garbage\r\n\r\n", 400, 400));

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task Only_the_path_itself_is_found_and_nothing_without_credentials(string path, int code)
    {
        (await AskAsync(path, token: true)).ShouldBe(code);
        (await AskAsync(path, token: false)).ShouldBe(401);
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public async Task A_target_that_is_no_path_here_is_refused(string target)
    {
        foreach (var token in new[] { false, true })
        {
            (await AskAsync(target, token)).ShouldBeOneOf(400, 405);
        }
    }

    [Fact]
    public async Task A_whole_address_of_ours_is_a_path()
    {
        (await AskAsync($"https://{_operator.ApiAddress.Authority}/metrics?x", token: true)).ShouldBe(200);
        (await AskAsync($"https://{_operator.ApiAddress.Authority}/metrics", token: false)).ShouldBe(401);
        (await AskAsync($"https://{_operator.ApiAddress.Authority}/METRICS", token: true)).ShouldBe(404);
    }

    [Theory]
    [MemberData(nameof(Heads))]
    public async Task What_is_not_quite_a_request_is_refused_once(string head, int without, int with)
    {
        (await SendAsync(head.Replace("{auth}", "", StringComparison.Ordinal))).ShouldBe(without);
        (await SendAsync(head.Replace("{auth}", Authorization, StringComparison.Ordinal))).ShouldBe(with);
    }

    [Fact]
    public async Task What_is_too_large_is_refused_by_its_own_code()
    {
        var large = new string('a', 80_000);
        (await AskAsync($"/{large}", token: false)).ShouldBe(414);
        (await AskAsync($"/metrics?{large}", token: true)).ShouldBe(414);
        (await SendAsync($"GET /metrics HTTP/1.1\r\nHost: localhost\r\n{Authorization}X-A: {large}\r\n\r\n")).ShouldBe(431);
        (await SendAsync($"GET /metrics HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {large}\r\n\r\n")).ShouldBe(431);
        var many = string.Concat(Enumerable.Range(0, 1000).Select(i => string.Create(CultureInfo.InvariantCulture, $"X-{i}: 1\r\n")));
        (await SendAsync($"GET /metrics HTTP/1.1\r\nHost: localhost\r\n{many}\r\n")).ShouldBe(431);
        (await SendAsync($"PUT {ApiPaths.Settings} HTTP/1.1\r\nHost: localhost\r\n{Authorization}Content-Type: application/json\r\nContent-Length: 2000000\r\nConnection: close\r\n\r\n")).ShouldBe(413);

        // And none of it harms the others.
        (await AskAsync("/metrics", token: true)).ShouldBe(200);
    }

    [Fact]
    public async Task Another_spelling_is_not_found_over_http2_either()
    {
        using var client = _operator.NewApiClient(_operator.Token);
        foreach (var (path, code) in new[] { ("/metrics", HttpStatusCode.OK), ("/METRICS", HttpStatusCode.NotFound), ("/metrics/", HttpStatusCode.NotFound), ("//metrics", HttpStatusCode.NotFound) })
        {
            using HttpRequestMessage request = new(HttpMethod.Get, new Uri(_operator.ApiAddress, path.StartsWith("//", StringComparison.Ordinal) ? new Uri($"{_operator.ApiAddress.AbsoluteUri.TrimEnd('/')}{path}") : new Uri(path, UriKind.Relative)))
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            };
            using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);
            (answer.StatusCode, answer.Version).ShouldBe((code, HttpVersion.Version20), path);
        }
    }

    private string Authorization => $"Authorization: Bearer {_operator.Token}\r\n";

    private Task<int> AskAsync(string target, bool token) =>
        SendAsync($"GET {target} HTTP/1.1\r\nHost: {_operator.ApiAddress.Authority}\r\n{(token ? Authorization : "")}Connection: close\r\n\r\n");

    /// <summary>The code of the one answer, which is a Status, a text of ours, or empty.</summary>
    private async Task<int> SendAsync(string request)
    {
        var all = await RawTls.ExchangeAsync(_operator, request);
        var text = Encoding.Latin1.GetString(all);
        text.Split("HTTP/1.1 ").Length.ShouldBe(2, text);
        text.ShouldNotContain("\r\nServer:");
        var answer = RawHttp.Read(all);
        if (answer.Status >= 400)
        {
            text.ShouldNotContain("Exception");
            text.ShouldNotContain("   at ");
        }

        if (answer.Status is >= 400 and not (400 or 405 or 414 or 431 or 505))
        {
            answer.Body.ShouldContain("\"kind\":\"Status\"");
        }

        return answer.Status;
    }
}
