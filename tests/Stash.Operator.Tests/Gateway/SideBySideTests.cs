using System.Text.RegularExpressions;
using Stash.Operator.Tests.Gateway.Conformance;

namespace Stash.Operator.Tests.Gateway;

/// <summary>
/// The same requests to our gateway and to the real one: status, content type, body, and what is exposed afterwards in every form that both
/// have. Where ours means to differ, <see cref="IntendedDifferences"/> says how and why.
/// </summary>
public sealed partial class SideBySideTests(Gateways gateways) : IClassFixture<Gateways>
{
    private static readonly Request Wipe = new("PUT", "/api/v1/admin/wipe");
    private static readonly Request First = new("PUT", "/metrics/job/first/zone/eu", "f 7\n# HELP t A help.\n# TYPE t gauge\nt 1\n");

    public static TheoryData<int, string> Requests => Numbered(Cases.Requests.Select(r => r.ToString()));

    public static TheoryData<int, string> Bodies => Numbered(Cases.Bodies);

    public static TheoryData<int, string> Encodings => Numbered(Cases.Encodings.Select(r => r.ToString()));

    public static TheoryData<int, string> Sequences => Numbered(Cases.Sequences.Select(s => s[0].ToString()));

    [Theory]
    [MemberData(nameof(Requests))]
    public Task A_request_is_answered_the_same(int number, string what) => CompareAsync(what, Cases.Requests[number]);

    [Theory]
    [MemberData(nameof(Bodies))]
    public Task A_body_is_taken_the_same(int number, string what) => CompareAsync(what, new Request("PUT", "/metrics/job/a", Cases.Bodies[number]));

    [Theory]
    [MemberData(nameof(Encodings))]
    public Task Headers_and_bytes_are_taken_the_same(int number, string what) => CompareAsync(what, Cases.Encodings[number]);

    [Theory]
    [MemberData(nameof(Sequences))]
    public Task A_sequence_leaves_the_same(int number, string what) => CompareAsync(what, Cases.Sequences[number]);

    public static TheoryData<int, string> Differences => Numbered(IntendedDifferences.All.Select(d => d.What));

    /// <summary>A real one of its own for each: most of these it does not survive in good order.</summary>
    [Theory]
    [MemberData(nameof(Differences))]
    public async Task A_difference_is_as_it_is_told(int number, string what)
    {
        var difference = IntendedDifferences.All[number];
        await gateways.CompareAsync(Wipe);
        var mine = await LastAsync(gateways.Ours.Address, difference.Requests);
        mine.Status.ShouldBe(difference.Ours.Status, what + mine.Body);
        mine.Body.ShouldStartWith(difference.Ours.Body, Case.Sensitive, what);
        if (difference.Real is { } expected)
        {
            await using var real = await ReferenceGateway.StartAsync();
            var reference = await LastAsync(real.Address, difference.Requests);
            reference.Status.ShouldBe(expected.Status, what + reference.Body);
            reference.Body.ShouldStartWith(expected.Body, Case.Sensitive, what);
        }
    }

    [Fact]
    public async Task The_differences_are_documented()
    {
        var text = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "docs", "gateway.md"), TestContext.Current.CancellationToken);
        foreach (var difference in IntendedDifferences.All)
        {
            text.ShouldContain($"- **{difference.What}**: {difference.Why}");
        }
    }

    [Fact]
    public async Task Own_metrics_have_the_names_types_helps_labels_and_sizes_of_the_real_one()
    {
        await using var ours = await GatewayServer.StartAsync();
        await using var real = await ReferenceGateway.StartAsync();
        Request[] requests =
        [
            new("PUT", "/metrics/job/a", "x 1\n"), new("POST", "/metrics/job/a", "x 1"), new("POST", "/metrics/job/a/b/c?d=e", "x 1\n", "Content-Type: text/plain"), new("DELETE", "/metrics/job/a"), Wipe,
            new("GET", "/-/healthy"), new("GET", "/nope"), new("GET", "/"), new("GET", "/status"), new("GET", "/api/v1/status"), new("GET", "/api/v1/metrics"), new("OPTIONS", "/api/v1/metrics"), new("PUT", "/-/quit"), new("GET", "/api/v1/nope"),
        ];
        foreach (var request in requests)
        {
            await Gateways.SendAsync(ours.Address, request);
            await Gateways.SendAsync(real.Address, request);
        }

        var mine = await OwnAsync(ours.Address);
        mine.ShouldBe(await OwnAsync(real.Address));
        mine.ShouldContain("pushgateway_http_requests_total{code=\"400\",handler=\"push\",method=\"post\"} 1");
        mine.ShouldContain(l => l.StartsWith("pushgateway_http_push_size_bytes_sum{method=\"post\"} ", StringComparison.Ordinal));
    }

    private static async Task<RawAnswer> LastAsync(Uri gateway, Request[] requests)
    {
        foreach (var request in requests[..^1])
        {
            await Gateways.SendAsync(gateway, request);
        }

        return await Gateways.SendAsync(gateway, requests[^1]);
    }

    /// <summary>Own metrics that both have; of those that count time, and of quantiles, no values.</summary>
    private static async Task<string[]> OwnAsync(Uri gateway)
    {
        var answer = await RawHttp.SendAsync(gateway, "GET", "/metrics");
        return
        [
            .. answer.Body.Split('\n').Where(l => OwnFamily().IsMatch(l) && !l.Contains("handler=\"ready\"", StringComparison.Ordinal)).Select(l =>
                l.StartsWith("pushgateway_build_info", StringComparison.Ordinal) ? Quoted().Replace(l, "V") : Valueless().IsMatch(l) ? l[..l.LastIndexOf(' ')] : l),
        ];
    }

    [GeneratedRegex("(^| )(pushgateway_|process_)", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex OwnFamily();

    [GeneratedRegex("^(process_|pushgateway_http_push_duration_seconds_sum|pushgateway_http_push_[a-z]+_[a-z]+\\{.*quantile)", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Valueless();

    [GeneratedRegex("\"[^\"]*\"", RegexOptions.NonBacktracking)]
    private static partial Regex Quoted();

    private async Task CompareAsync(string what, params Request[] requests)
    {
        await gateways.CompareAsync(Wipe);
        await gateways.CompareAsync(First);
        foreach (var request in requests)
        {
            await gateways.CompareAsync(request);
            await gateways.CompareExposedAsync(request.ToString());
        }
    }

    private static TheoryData<int, string> Numbered(IEnumerable<string> cases)
    {
        TheoryData<int, string> data = [];
        foreach (var (number, text) in cases.Index())
        {
            data.Add(number, text.Length > 120 ? text[..120] : text);
        }

        return data;
    }
}
