using System.IO.Compression;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using Stash.Core.Exposition;
using Stash.Fuzzing;
using Stash.Operator.Gateway;
using Stash.Operator.Tests.Gateway;

namespace Stash.Operator.Tests.Fuzz;

/// <summary>No path, header or body breaks the gateway. A test tries some thousands, eng/fuzz as many as there is time for.</summary>
public sealed class FuzzTests
{
    private const int MaxBody = 1 << 14;

    private static readonly string[] PathWords =
        ["/", "//", "/..", "/.", "%", "%2F", "%zz", "%C3%A4", "%FF", "%00", "@base64", "@base64/", "job", "/job/", "__", "U__", "_2e_", "=", "==", "YQ", "YR", "-_", "+", "?", "ä", "𝄞", "\ud800", "1", "instance", "\0"];

    private static readonly string[] AcceptWords =
    [
        ",", ";", "/", "*/*", "*", "q=", "q=0", "q=NaN", "q=-1", "q=1e309", "\"", "\\", " ", "\t", "=", "text/plain", "version=0.0.4", "version=", "application/openmetrics-text", "escaping=values", "escaping=",
        "application/vnd.google.protobuf", "proto=io.prometheus.client.MetricFamily", "encoding=delimited", "encoding=text", "gzip", "deflate", "zstd", "identity;q=0", "br",
    ];

    private static readonly string[] BodyWords = ["\u001f\u008b\b\0", "\u0078\u009c", "x 1\n", "\0\0\u00ff\u00ff"];

    /// <summary>A path names a group or is refused; a group's labels, encoded, name the same group.</summary>
    [Fact]
    public async Task Path()
    {
        Fuzzer fuzzer = new("path", Corpus.Lines("path"), PathWords.Select(Encoding.UTF8.GetBytes), 30_000);
        await fuzzer.RunAsync(input =>
        {
            // As the server hands it over: no control characters and no blanks get that far, other bytes do.
            var path = Encoding.Latin1.GetString(input).Replace(' ', '_');
            var clean = RequestPath.Clean(path);
            RequestPath.Clean(clean).ShouldBe(clean);
            if (RequestPath.BadPart(path) is null)
            {
                RequestPath.Canonical(path);
            }

            if (!PushPath.IsOne(path))
            {
                return "another path";
            }

            PushPath.Parse(path, out _, utf8Names: true);
            if (PushPath.Parse(path, out var group) is { } problem)
            {
                group.ShouldBeNull();
                return problem;
            }

            PushPath.Parse(Encoded(group!.Labels), out var again).ShouldBeNull();
            again!.Labels.ShouldBe(group.Labels);
            return $"{group.Labels.Count} labels";
        });
        fuzzer.Outcomes.ShouldBeGreaterThan(6);
    }

    /// <summary>What is encoded decodes to itself; anything else decodes or is refused.</summary>
    [Fact]
    public async Task Base64()
    {
        Fuzzer fuzzer = new("base64", Corpus.Lines("base64"), PathWords.Select(Encoding.UTF8.GetBytes), 30_000);
        await fuzzer.RunAsync(input =>
        {
            var text = Encoding.UTF8.GetString(input);
            GoBase64.Decode(Url(text), out var back).ShouldBeNull();
            back.ShouldBe(text);
            return GoBase64.Decode(Encoding.Latin1.GetString(input), out _) ?? "decoded";
        });
        fuzzer.Outcomes.ShouldBeGreaterThan(2);
    }

    /// <summary>Any header chooses one of the forms, and a coding or none.</summary>
    [Fact]
    public async Task Accept()
    {
        Fuzzer fuzzer = new("accept", Corpus.Lines("accept"), AcceptWords.Select(Encoding.UTF8.GetBytes), 30_000);
        await fuzzer.RunAsync(input =>
        {
            var header = Encoding.Latin1.GetString(input);
            DefaultHttpContext context = new();
            context.Request.Headers[HeaderNames.AcceptEncoding] = header;
            var format = ExpositionFormat.Negotiate(header);
            format.ContentType.ShouldContain('/');
            return $"{format.Kind} {format.ContentType} {ContentCoding.Negotiate(context.Request) ?? "as it is"}";
        });
        fuzzer.Outcomes.ShouldBeGreaterThan(5);
    }

    /// <summary>A body, however it is said to have been compressed and formed, is taken in, or refused with a status of the pusher's.</summary>
    [Fact]
    public async Task Body()
    {
        await using var gateway = await GatewayServer.StartAsync(maxPushBytes: MaxBody);
        using HttpClient http = new();
        Fuzzer fuzzer = new("body", Bodies().Concat(Corpus.Files("body")), [.. BodyWords.Select(Encoding.Latin1.GetBytes), .. Corpus.TextWords], 1500);
        await fuzzer.RunAsync(async input =>
        {
            // The first byte says how the rest comes.
            var how = input.Length > 0 ? input[0] : 0;
            using HttpRequestMessage request = new(HttpMethod.Put, new Uri(gateway.Address, "/metrics/job/fuzz")) { Content = new ByteArrayContent(input, Math.Min(1, input.Length), Math.Max(0, input.Length - 1)) };
            request.Headers.TransferEncodingChunked = (how & 8) != 0;
            if ((how & 3) is > 0 and var coding)
            {
                request.Content.Headers.ContentEncoding.Add(coding switch { 1 => "gzip", 2 => "deflate", _ => "zstd" });
            }

            request.Content.Headers.TryAddWithoutValidation("Content-Type", (how & 4) == 0 ? "text/plain; version=0.0.4" : "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited");
            using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
            var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            ((int)answer.StatusCode).ShouldBeInRange(200, 499, text);
            return $"{answer.StatusCode} {text}";
        });
        fuzzer.Outcomes.ShouldBeGreaterThan(10);
    }

    private static IEnumerable<byte[]> Bodies()
    {
        foreach (var text in Corpus.Files("text"))
        {
            yield return [0, .. text];
            yield return [1, .. Compressed(text, s => new GZipStream(s, CompressionLevel.Fastest))];
            yield return [2, .. Compressed(text, s => new ZLibStream(s, CompressionLevel.Fastest))];
        }

        // A bomb: a thousand times its size.
        yield return [1, .. Compressed(new byte[4 << 20], s => new GZipStream(s, CompressionLevel.Optimal))];
        yield return [1, .. Compressed("x 1\n"u8.ToArray(), s => new GZipStream(s, CompressionLevel.Fastest)), .. Compressed("y 1\n"u8.ToArray(), s => new GZipStream(s, CompressionLevel.Fastest))];
        yield return [9];
        yield return [3, 0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x00, 0x21, 0x00, 0x00, (byte)'x', (byte)' ', (byte)'1', (byte)'\n'];
        yield return [4, 5, 0x0a, 1, (byte)'x', 0x18, 1];
    }

    private static byte[] Compressed(byte[] text, Func<Stream, Stream> compressor)
    {
        using MemoryStream output = new();
        using (var stream = compressor(output))
        {
            stream.Write(text);
        }

        return output.ToArray();
    }

    private static string Encoded(IEnumerable<Label> labels)
    {
        StringBuilder path = new();
        foreach (var label in labels.OrderBy(l => l.Name != "job"))
        {
            path.Append('/').Append(label.Name).Append("@base64/").Append(label.Value.Length == 0 ? "=" : Url(label.Value));
        }

        return $"/metrics{path}";
    }

    private static string Url(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text)).Replace('+', '-').Replace('/', '_');
}
