using System.IO.Pipelines;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Stash.Core.Exposition;
using Stash.Core.Gateway;

namespace Stash.Core.Tests.Gateway;

/// <summary>A store in a folder, with a clock at 1,000 s of the Unix epoch.</summary>
internal sealed class StoreUnderTest : IAsyncDisposable
{
    private readonly GroupStoreOptions _options;

    private StoreUnderTest(GroupStoreOptions options) => _options = options;

    public FakeTimeProvider Time { get; } = new(DateTimeOffset.FromUnixTimeSeconds(1000));

    public GroupStore Store { get; private set; } = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static Task<StoreUnderTest> OpenAsync(TempFolder folder, long segmentBytes = 1 << 20) =>
        OpenAsync(new GroupStoreOptions { Directory = folder.In("gateway"), SegmentBytes = segmentBytes });

    public static async Task<StoreUnderTest> OpenAsync(GroupStoreOptions options)
    {
        StoreUnderTest test = new(options);
        await test.OpenAsync();
        return test;
    }

    /// <summary>Closes and opens it again.</summary>
    public async Task ReopenAsync()
    {
        await Store.DisposeAsync();
        await OpenAsync();
    }

    public static GroupKey Key(params ReadOnlySpan<string> namesAndValues)
    {
        List<Label> labels = [];
        for (var i = 0; i < namesAndValues.Length; i += 2)
        {
            labels.Add(new Label(namesAndValues[i], namesAndValues[i + 1]));
        }

        return new GroupKey(labels);
    }

    public static Push Push(GroupKey group, string text, bool replace = true) => new()
    {
        Group = group,
        Replace = replace,
        Text = Encoding.UTF8.GetBytes(text),
    };

    /// <summary>Pushes; the verdict's message, empty where it was accepted.</summary>
    public Task<string> PutAsync(GroupKey group, string text) => VerdictAsync(Store.PushAsync(Push(group, text), Cancelled));

    public Task<string> PostAsync(GroupKey group, string text) => VerdictAsync(Store.PushAsync(Push(group, text, replace: false), Cancelled));

    public Task<string> DeleteAsync(GroupKey group) => VerdictAsync(Store.DeleteAsync(group, Cancelled));

    /// <summary>All that is exposed.</summary>
    public async Task<string> TextAsync(params MetricFamily[] own)
    {
        using MemoryStream stream = new();
        var pipe = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
        await Store.WriteTextAsync(pipe, own, Cancelled);
        await pipe.CompleteAsync();
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>The sample lines, without those of push times.</summary>
    public async Task<string[]> SamplesAsync() =>
        [.. (await TextAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(l => l[0] != '#' && !l.StartsWith("push_", StringComparison.Ordinal))];

    public ValueTask DisposeAsync() => Store.DisposeAsync();

    private async Task OpenAsync() => Store = await GroupStore.OpenAsync(_options, Time, NullLogger<GroupStore>.Instance, Cancelled);

    private static async Task<string> VerdictAsync(ValueTask<PushVerdict> verdict)
    {
        var (kind, message) = await verdict;
        return kind == VerdictKind.Unavailable ? "unavailable" : message;
    }
}
