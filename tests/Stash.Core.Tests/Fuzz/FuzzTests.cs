using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;
using System.Text;
using System.Text.RegularExpressions;
using Stash.Core.Exposition;
using Stash.Core.Exposition.Protobuf;
using Stash.Core.Gateway;
using Stash.Core.Tests.Exposition;
using Stash.Core.Tests.Gateway;
using Stash.Fuzzing;

namespace Stash.Core.Tests.Fuzz;

/// <summary>No bytes break the readers: they are read, or refused in the format's own words. A test tries some thousands, eng/fuzz as many as there is time for.</summary>
public sealed partial class FuzzTests(ReferenceParser reference) : IClassFixture<ReferenceParser>
{
    private static readonly GroupKey Group = StoreUnderTest.Key("job", "a", "l", "1");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>What is read is written so that it reads back as the same.</summary>
    [Fact]
    public async Task Text()
    {
        Fuzzer fuzzer = new("text", Corpus.Files("text"), Corpus.TextWords, 30_000);
        await fuzzer.RunAsync(text =>
        {
            IReadOnlyList<MetricFamily> families;
            try
            {
                families = TextParser.Parse(text);
            }
            catch (ExpositionFormatException e)
            {
                return e.Message;
            }

            if (Families.Overlap(families) || Families.NegativeCount(families))
            {
                return "not written as it is read";
            }

            var written = Families.Write(families);
            var again = TextParser.Parse(written);
            Fuzzer.Same(Families.Describe(again), Families.Describe(families), "what was written and read again");
            Families.Write(again).AsSpan().SequenceEqual(written).ShouldBeTrue("written twice");
            return "read";
        });
        fuzzer.Outcomes.ShouldBeGreaterThan(15);
    }

    /// <summary>Verdict, error and what is made of it are those of the reference's own reader.</summary>
    [Fact]
    public async Task Expfmt()
    {
        List<byte[]> texts = [];
        Fuzzer fuzzer = new("expfmt", Corpus.Files("text"), Corpus.TextWords, 10_000);
        await fuzzer.RunAsync(text =>
        {
            texts.Add(text);
            if (texts.Count < 500)
            {
                return "later";
            }

            var answers = reference.Answers(texts);
            for (var i = 0; i < texts.Count; i++)
            {
                Fuzzer.Same(Plain(Ours(texts[i])), Plain(Encoding.UTF8.GetString(answers[i])), GoQuote.Text(texts[i]));
            }

            texts.Clear();
            return "the same";
        });

        // Which letters an error shows escaped is a matter of the Unicode version: Go's is older.
        static string Plain(string text) => text.StartsWith("error", StringComparison.Ordinal) ? Escapes().Replace(text, e => char.ConvertFromUtf32(int.Parse(e.Groups["code"].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture))) : text;

        static string Ours(byte[] text)
        {
            try
            {
                return Encoding.UTF8.GetString(Families.Write([.. TextParser.Parse(text).OrderBy(f => f.Name, StringComparer.Ordinal)]));
            }
            catch (ExpositionFormatException e)
            {
                return $"error: {e.Message}";
            }
        }
    }

    /// <summary>What is read can be written as text, and reads back from it as the same.</summary>
    [Fact]
    public async Task Protobuf()
    {
        Fuzzer fuzzer = new("protobuf", [.. Messages.Corpus, .. Corpus.Files("protobuf")], Messages.Words, 30_000);
        await fuzzer.RunAsync(body =>
        {
            IReadOnlyList<MetricFamily> families;
            try
            {
                families = ProtobufReader.Parse(body);
            }
            catch (ProtobufFormatException e)
            {
                return e.Message;
            }

            var text = ProtobufReader.ToText(families);
            if (Families.Overlap(families) || Families.OnlyInProtobuf(families) || Families.NegativeCount(families))
            {
                return "not in text";
            }

            Fuzzer.Same(Families.Describe(TextParser.Parse(text.Span)), Families.Describe(families), "what was written as text and read again");
            return "read";
        });
        fuzzer.Outcomes.ShouldBeGreaterThan(5);
    }

    /// <summary>A record is read or refused, and what is read is written as it was.</summary>
    [Fact]
    public async Task Record()
    {
        Fuzzer fuzzer = new("record", Records.Corpus, Records.Words, 30_000);
        await fuzzer.RunAsync(payload =>
        {
            // The checksum is right, or no reader would look further.
            var framed = new byte[12 + payload.Length];
            BinaryPrimitives.WriteInt32LittleEndian(framed, payload.Length);
            BinaryPrimitives.WriteUInt64LittleEndian(framed.AsSpan(4), XxHash64.HashToUInt64(payload));
            payload.CopyTo(framed.AsSpan(12));
            LogRecord.TryRead(payload, out _, out _);
            LogRecord.TryRead(framed.AsMemory(0, Math.Max(12, framed.Length - 1)), out _, out _).ShouldBeFalse("its end is missing");
            if (!LogRecord.TryRead(framed, out var record, out var length))
            {
                return "refused";
            }

            length.ShouldBe(framed.Length);
            ByteBuffer output = new();
            record!.WriteTo(output);
            LogRecord.TryRead(output.WrittenMemory, out var again, out _).ShouldBeTrue();
            ByteBuffer second = new();
            again!.WriteTo(second);
            second.Written.SequenceEqual(output.Written).ShouldBeTrue("it is written as it was read");
            return $"read {record.Kind}";
        });
        fuzzer.Outcomes.ShouldBeGreaterThan(3);
    }

    /// <summary>A store opens on any bytes in its files, or refuses them in one line; what it opened with, it opens with again.</summary>
    [Fact]
    public async Task Files()
    {
        using TempFolder folder = new();
        var files = await Records.StoreAsync(folder);
        Fuzzer fuzzer = new("files", files.Select(f => f.Bytes), Records.Words, 150);
        await fuzzer.RunAsync(async bytes =>
        {
            using TempFolder one = new();

            // Each changed file takes the place of each in turn. In the log, checksums are made right again, so that readers look further;
            // what a snapshot holds under a right one was read when it was pushed, and is not read again.
            var place = bytes.Length % files.Count;
            if (bytes.Length % 4 != 0 && !files[place].Name.Contains("snapshot", StringComparison.Ordinal))
            {
                bytes = [.. bytes];
                Records.Seal(bytes);
            }

            foreach (var (file, i) in files.Select((f, i) => (f, i)))
            {
                Directory.CreateDirectory(one.In("gateway"));
                await File.WriteAllBytesAsync(one.In(Path.Combine("gateway", file.Name)), i == place ? bytes : file.Bytes, Cancelled);
            }

            try
            {
                string text;
                await using (var test = await StoreUnderTest.OpenAsync(one))
                {
                    text = await test.TextAsync();
                }

                await using var again = await StoreUnderTest.OpenAsync(one);
                Fuzzer.Same(await again.TextAsync(), text, "the second start");
                return "opened";
            }
            catch (UserErrorException e)
            {
                e.Message.ShouldNotContain("Exception");
                return e.Message.Replace(one.FullPath, "", StringComparison.Ordinal);
            }
        });
        fuzzer.Outcomes.ShouldBeGreaterThan(1);
    }

    /// <summary>What is accepted, as text or protobuf, is exposed as text that can be read, and is the same after a restart.</summary>
    [Fact]
    public async Task Store()
    {
        using TempFolder folder = new();
        await using var test = await StoreUnderTest.OpenAsync(folder, segmentBytes: 4000);
        var texts = Corpus.Files("text").Select(t => (byte[])[0, .. t]);
        Fuzzer fuzzer = new("store", [.. texts, .. Messages.Corpus.Select(m => (byte[])[1, .. m]), .. Corpus.Files("store")], [.. Corpus.TextWords, .. Messages.Words], 300);
        await fuzzer.RunAsync(async input =>
        {
            IReadOnlyList<MetricFamily> families;
            ReadOnlyMemory<byte> text = input.AsMemory(Math.Min(1, input.Length));
            try
            {
                if (input.Length > 0 && input[0] % 2 == 1)
                {
                    families = ProtobufReader.Parse(text);
                    text = ProtobufReader.ToText(families);
                }
                else
                {
                    families = TextParser.Parse(text.Span);
                }
            }
            catch (Exception e) when (e is ExpositionFormatException or ProtobufFormatException)
            {
                return "not read";
            }

            if (Families.NegativeCount(families))
            {
                return "negative count";
            }

            await test.Store.WipeAsync(Cancelled);
            var verdict = await test.Store.PushAsync(new Push { Group = Group, Replace = true, Text = text }, Cancelled);
            var exposed = await test.TextAsync();
            TextParser.Parse(Encoding.UTF8.GetBytes(exposed)).Count.ShouldBeGreaterThanOrEqualTo(verdict.Kind == VerdictKind.Accepted ? 2 : 0);
            await test.ReopenAsync();
            Fuzzer.Same(await test.TextAsync(), exposed, "what is exposed after a restart");
            return verdict.Kind == VerdictKind.Accepted ? "accepted" : verdict.Message;
        });
        fuzzer.Outcomes.ShouldBeGreaterThan(3);
    }

    [GeneratedRegex(@"\\u(?<code>[0-9a-f]{4})|\\U(?<code>[0-9a-f]{8})", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Escapes();
}
