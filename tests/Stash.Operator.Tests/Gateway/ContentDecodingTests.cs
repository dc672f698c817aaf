using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace Stash.Operator.Tests.Gateway;

/// <summary>Compressed bodies, over HTTP.</summary>
public sealed class ContentDecodingTests
{
    private const string Text = "some_metric{of=\"this\"} 1\nanother_metric 2\n";

    [Theory]
    [InlineData("gzip")]
    [InlineData("GZIP")]
    [InlineData("deflate")]
    [InlineData("raw deflate")]
    public async Task A_compressed_push_is_taken_in(string coding)
    {
        await using var gateway = await GatewayServer.StartAsync();
        var answer = await PutAsync(gateway, coding, Compressed(coding, Encoding.UTF8.GetBytes(Text)));
        answer.Status.ShouldBe(200, answer.Body);
        (await RawHttp.SendAsync(gateway.Address, "GET", "/metrics")).Body.ShouldContain("another_metric{instance=\"\",job=\"a\"} 2\n");
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("raw deflate")]
    public async Task However_short_it_is_cut_it_is_refused_and_changes_nothing(string coding)
    {
        await using var gateway = await GatewayServer.StartAsync();
        var body = Compressed(coding, Encoding.UTF8.GetBytes(Text));
        for (var length = 0; length < body.Length; length++)
        {
            var answer = await PutAsync(gateway, coding, body[..length]);
            answer.Status.ShouldBe(400, string.Create(CultureInfo.InvariantCulture, $"{length} of {body.Length} bytes"));
            answer.Body.ShouldContain(coding == "gzip" ? "gzip" : "deflate: the body is damaged or not whole");
        }

        gateway.Store.Summaries().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_damaged_body_is_refused()
    {
        await using var gateway = await GatewayServer.StartAsync();
        var body = Compressed("gzip", Encoding.UTF8.GetBytes(Text));
        body[^6] ^= 1;
        (await PutAsync(gateway, "gzip", body)).Body.ShouldBe("gzip: the body is damaged or not whole\n");
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task A_small_body_that_becomes_a_large_one_is_refused_and_its_memory_given_back(string coding)
    {
        await using var gateway = await GatewayServer.StartAsync(maxPushBytes: 1 << 16);
        var answer = await PutAsync(gateway, coding, Compressed(coding, new byte[64 << 20]));
        answer.Status.ShouldBe(413);
        answer.Body.ShouldContain("Stash:Gateway:MaxPushBytes");
        gateway.Admission.Taken.ShouldBe(0);
        gateway.Admission.InProgress.ShouldBe(0);
    }

    [Theory]
    [InlineData("br")]
    [InlineData("zstd")]
    [InlineData("identity")]
    public async Task An_encoding_that_the_reference_does_not_know_is_taken_as_none(string coding)
    {
        await using var gateway = await GatewayServer.StartAsync();
        (await PutAsync(gateway, coding, Encoding.UTF8.GetBytes(Text))).Status.ShouldBe(200);
    }

    private static Task<RawAnswer> PutAsync(GatewayServer gateway, string coding, byte[] body) =>
        RawHttp.SendAsync(gateway.Address, "PUT", "/metrics/job/a", body, $"Content-Encoding: {coding.Split(' ')[^1]}");

    private static byte[] Compressed(string coding, byte[] body)
    {
        using MemoryStream output = new();
        using (Stream stream = coding switch
        {
            "deflate" => new ZLibStream(output, CompressionLevel.Fastest),
            "raw deflate" => new DeflateStream(output, CompressionLevel.Fastest),
            _ => new GZipStream(output, CompressionLevel.Fastest),
        })
        {
            stream.Write(body);
        }

        return output.ToArray();
    }
}
