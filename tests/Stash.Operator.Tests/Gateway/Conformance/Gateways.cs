using System.Text;

namespace Stash.Operator.Tests.Gateway.Conformance;

/// <summary>Ours and the real one, both started once for the tests of a class.</summary>
public sealed class Gateways : IAsyncLifetime
{
    internal GatewayServer Ours { get; private set; } = null!;

    internal ReferenceGateway Real { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Ours = await GatewayServer.StartAsync();
        Real = await ReferenceGateway.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Ours.DisposeAsync();
        await Real.DisposeAsync();
    }

    /// <summary>Sends to both and compares the answers.</summary>
    internal async Task<RawAnswer> CompareAsync(Request request)
    {
        var mine = await SendAsync(Ours.Address, request);
        var reference = await SendAsync(Real.Address, request);
        Same(Normalized.Answer(mine), Normalized.Answer(reference), request.ToString());
        return mine;
    }

    /// <summary>Compares all that is exposed, in every form that both have.</summary>
    internal async Task CompareExposedAsync(string after)
    {
        foreach (var (what, read) in Expositions)
        {
            Same(await read(Ours.Address), await read(Real.Address), $"{what} after {after}");
        }
    }

    private static void Same(string mine, string reference, string what)
    {
        if (mine == reference)
        {
            return;
        }

        // Whole expositions side by side would hide what differs.
        var (ours, theirs) = (mine.Split('\n'), reference.Split('\n'));
        Assert.Fail($"{what}\nonly ours:\n{string.Join('\n', ours.Except(theirs).Take(5))}\nonly the reference:\n{string.Join('\n', theirs.Except(ours).Take(5))}\n");
    }

    internal static Task<RawAnswer> SendAsync(Uri gateway, Request request) => RawHttp.SendAsync(gateway, request.Method, request.Path, request.Body, [.. request.Headers]);

    private static readonly (string What, Func<Uri, Task<string>> Read)[] Expositions =
    [
        ("text", async gateway => Normalized.Text(await GetAsync(gateway, "/metrics", "", "text/plain; version=0.0.4; charset=utf-8"))),
        ("delimited protobuf", async gateway => Normalized.Delimited((await GetAsync(gateway, "/metrics", "delimited", Protobuf + "delimited")).Bytes)),
        ("compact protobuf text", async gateway => Normalized.CompactText(await GetAsync(gateway, "/metrics", "compact-text", Protobuf + "compact-text"))),
        ("JSON", async gateway => Normalized.Json((await GetAsync(gateway, "/api/v1/metrics", "", "application/json")).Body)),
    ];

    private const string Protobuf = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=";

    private static async Task<RawAnswer> GetAsync(Uri gateway, string path, string encoding, string type)
    {
        var answer = await RawHttp.SendAsync(gateway, "GET", path, "", encoding.Length == 0 ? [] : [$"Accept: {Protobuf}{encoding}"]);
        answer.Status.ShouldBe(200, answer.Body);
        answer.Header("Content-Type").ShouldBe(type);
        return answer;
    }
}

/// <summary>A request of a case.</summary>
public sealed record Request(string Method, string Path, byte[] Body, params IReadOnlyList<string> Headers)
{
    public Request(string method, string path, string body = "", params string[] headers)
        : this(method, path, Encoding.UTF8.GetBytes(body), (IReadOnlyList<string>)headers)
    {
    }

    public override string ToString() => $"{Method} {Path} {string.Join(", ", Headers)} {Encoding.Latin1.GetString(Body.AsSpan(0, Math.Min(Body.Length, 200)))}";
}
