using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Stash.Core.Kubernetes.Controllers;

namespace Stash.Core.Tests.Kubernetes.Controllers;

/// <summary>
/// What a real API server cannot be made to answer when a test wants it: the server is a double, its clock is the test's. The other tests of the informer talk to a real one.
/// </summary>
public sealed class InformerFailureTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly Double _double;
    private readonly k8s.Kubernetes _client;
    private readonly Informer<V1ConfigMap> _informer;
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentQueue<string> _told = new();
    private Task _run = Task.CompletedTask;

    public InformerFailureTests()
    {
        _double = new(_time);
        _client = new(new KubernetesClientConfiguration { Host = "http://localhost:1" }, _double);
        _informer = new(_client, new ResourceQuery("", "v1", "configmaps") { Namespace = "x" }, _time, NullLogger.Instance);
        _informer.Subscribe(change => _told.Enqueue($"{change.Type} {change.Value.Name()} {change.Value.ResourceVersion()}"));
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _run;
        _end.Dispose();
        _client.Dispose();
        _double.Dispose();
    }

    [Fact]
    public async Task A_busy_server_is_asked_again_when_it_said()
    {
        _double.List = _ => _double.Lists < 3 ? Double.Refuse(HttpStatusCode.TooManyRequests, TimeSpan.FromSeconds(45)) : Double.ListOf("7");
        Start();
        await UntilAsync(() => _informer.State.Reason == "Throttled");
        _informer.HasSynced.ShouldBeFalse();
        _informer.State.Problem!.Message.ShouldContain("too busy to list and watch configmaps in namespace x");
        await UntilAsync(() => _informer.State is { Synced: true, Problem: null });
        Gaps().Take(2).ShouldAllBe(g => g >= 45);
        _informer.Counts.Lists.ShouldBe(3);
        _informer.Counts.Errors.ShouldBe(2);
    }

    [Fact]
    public async Task A_server_that_fails_and_fails_is_asked_less_and_less_often()
    {
        _double.List = _ => Double.Refuse(HttpStatusCode.InternalServerError);
        Start();
        await UntilAsync(() => _double.Lists == 9);
        var gaps = Gaps();
        gaps.Zip([1.0, 2, 4, 8, 16, 20, 20, 20]).ShouldAllBe(g => g.First >= g.Second);
        _informer.State.Problem!.Kind.ShouldBe(Stash.Core.Kubernetes.ClusterProblemKind.Failed);
        _informer.State.Problem.Message.ShouldContain("(500)");
        _informer.State.Reason.ShouldBe("Failed");
    }

    [Fact]
    public async Task Watches_that_end_as_soon_as_they_begin_are_no_hot_loop_and_no_list()
    {
        _double.Watch = _ => Double.Lines();
        Start();
        await UntilAsync(() => _double.Watches == 8);
        Gaps().Skip(1).Zip([1.0, 2, 4, 8, 16, 20]).ShouldAllBe(g => g.First >= g.Second);
        _double.Lists.ShouldBe(1);
    }

    [Fact]
    public async Task An_expired_version_is_listed_anew_at_once_but_not_again_and_again()
    {
        _double.Watch = _ => Double.Refuse(HttpStatusCode.Gone);
        Start();
        await UntilAsync(() => _double.Lists == 5);
        var lists = _double.Times("limit=");
        (lists[1] - lists[0]).TotalSeconds.ShouldBeLessThan(1);
        (lists[2] - lists[1]).TotalSeconds.ShouldBeGreaterThanOrEqualTo(1);
        (lists[3] - lists[2]).TotalSeconds.ShouldBeGreaterThanOrEqualTo(2);
        (lists[4] - lists[3]).TotalSeconds.ShouldBeGreaterThanOrEqualTo(4);
        _informer.Counts.Expired.ShouldBeGreaterThanOrEqualTo(4);
    }

    [Fact]
    public async Task An_expired_version_that_a_watch_tells_is_listed_anew_and_differences_are_told()
    {
        _double.List = _ => _double.Lists == 1 ? Double.ListOf("7", ("a", "5"), ("b", "6")) : Double.ListOf("20", ("b", "19"), ("c", "18"));
        _double.Watch = _ => _double.Watches == 1
            ? Double.Lines("""{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old resource version"}}""")
            : null;
        Start();
        await UntilAsync(() => _told.Count == 5 && _double.Watches == 2);
        _told.ShouldBe(["Added a 5", "Added b 6", "Deleted a 5", "Updated b 19", "Added c 18"]);
        _double.Paths("watch=true")[1].ShouldContain("resourceVersion=20");
    }

    [Fact]
    public async Task A_broken_watch_goes_on_from_the_last_whole_line_bookmarks_included()
    {
        _double.Watch = _ => _double.Watches == 1
            ? Double.Lines("""{"type":"ADDED","object":{"metadata":{"name":"a","namespace":"x","resourceVersion":"8"}}}""",
                """{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"30"}}}""",
                """{"type":"ADDED","object":{"metadata":{"name":"b","names""")
            : null;
        Start();
        await UntilAsync(() => _double.Watches == 2);
        _told.ShouldBe(["Added a 8"]);
        _double.Paths("watch=true")[1].ShouldContain("resourceVersion=30");
        _double.Paths("watch=true").ShouldAllBe(p => p.Contains("allowWatchBookmarks=true", StringComparison.Ordinal));
        _double.Lists.ShouldBe(1);
    }

    [Fact]
    public async Task A_watch_without_a_byte_is_given_up_soon_after_the_server_should_have_ended_it()
    {
        Start();
        await UntilAsync(() => _double.Watches == 1);
        var began = _time.GetUtcNow();
        var path = _double.Paths("watch=true")[0];
        var lasts = int.Parse(path[(path.IndexOf("timeoutSeconds=", StringComparison.Ordinal) + 15)..], CultureInfo.InvariantCulture);
        lasts.ShouldBeInRange(300, 600);
        await UntilAsync(() => _double.Watches == 2, TimeSpan.FromSeconds(1));
        (_time.GetUtcNow() - began).TotalSeconds.ShouldBeGreaterThanOrEqualTo(lasts + 30);
        _double.Lists.ShouldBe(1);
    }

    [Fact]
    public async Task What_cannot_be_read_is_passed_over_and_counted_and_the_rest_goes_on()
    {
        _double.List = _ => Double.Json("""{"metadata":{"resourceVersion":"7"},"items":[{"metadata":{"name":"a","namespace":"x","resourceVersion":"5"},"data":"no map"},{"metadata":{"name":"b","namespace":"x","resourceVersion":"6"}}]}""");
        Start();
        await UntilAsync(() => _informer.HasSynced);
        _told.ShouldBe(["Added b 6"]);
        _informer.Counts.Errors.ShouldBe(1);
    }

    [Fact]
    public async Task A_server_that_starts_and_does_not_know_its_resources_yet_is_not_believed_at_once()
    {
        _double.List = _ => _double.Lists is 2 or 3 ? Double.Refuse(HttpStatusCode.NotFound) : Double.ListOf("7", ("a", "5"));
        _double.Watch = _ => _double.Watches == 1 ? Double.Refuse(HttpStatusCode.Gone) : null;
        Start();
        await UntilAsync(() => _double.Watches == 2);
        _told.ShouldBe(["Added a 5"]);
        _informer.State.ShouldBe(new InformerState(true, null));
    }

    private void Start() => _run = _informer.RunAsync(_end.Token);

    private List<double> Gaps()
    {
        var times = _double.Times("");
        return [.. times.Zip(times.Skip(1)).Select(t => (t.Second - t.First).TotalSeconds)];
    }

    /// <summary>Lets the clock run until something is so.</summary>
    private async Task UntilAsync(Func<bool> condition, TimeSpan? step = null)
    {
        var deadline = TimeProvider.System.GetTimestamp() + (30 * TimeProvider.System.TimestampFrequency);
        while (!condition())
        {
            TimeProvider.System.GetTimestamp().ShouldBeLessThan(deadline, "It did not become so.");
            await Task.Delay(1, TestContext.Current.CancellationToken);
            _time.Advance(step ?? TimeSpan.FromMilliseconds(250));
        }
    }

    private sealed class Double(FakeTimeProvider time) : DelegatingHandler
    {
        private readonly ConcurrentQueue<(string Path, DateTimeOffset At)> _requests = new();

        public Func<HttpRequestMessage, HttpResponseMessage> List { get; set; } = _ => ListOf("7");

        /// <summary>Null for a watch that says nothing.</summary>
        public Func<HttpRequestMessage, HttpResponseMessage?> Watch { get; set; } = _ => null;

        public int Lists => Paths("limit=").Count;

        public int Watches => Paths("watch=true").Count;

        public IReadOnlyList<string> Paths(string part) => [.. _requests.Where(r => r.Path.Contains(part, StringComparison.Ordinal)).Select(r => r.Path)];

        public IReadOnlyList<DateTimeOffset> Times(string part) => [.. _requests.Where(r => r.Path.Contains(part, StringComparison.Ordinal)).Select(r => r.At)];

        public static HttpResponseMessage Json(string text) => new(HttpStatusCode.OK) { Content = new StringContent(text) };

        public static HttpResponseMessage ListOf(string version, params (string Name, string Version)[] items) => Json(
            $$$"""{"metadata":{"resourceVersion":"{{{version}}}"},"items":[{{{string.Join(',', items.Select(i => $$$"""{"metadata":{"name":"{{{i.Name}}}","namespace":"x","resourceVersion":"{{{i.Version}}}"}}"""))}}}]}""");

        public static HttpResponseMessage Lines(params string[] lines) => Json(string.Join('\n', lines));

        public static HttpResponseMessage Refuse(HttpStatusCode code, TimeSpan? after = null)
        {
            HttpResponseMessage response = new(code) { Content = new StringContent("""{"kind":"Status","message":"No."}""") };
            response.Headers.RetryAfter = after is { } delta ? new RetryConditionHeaderValue(delta) : null;
            return response;
        }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            _requests.Enqueue((request.RequestUri!.PathAndQuery, time.GetUtcNow()));
            return Task.FromResult(request.RequestUri.Query.Contains("watch=true", StringComparison.Ordinal)
                ? Watch(request) ?? new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(new Silence()) }
                : List(request));
        }
    }

    /// <summary>Has nothing to read, and does not end.</summary>
    private sealed class Silence : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return 0;
        }

        public override void Flush() => throw new NotSupportedException();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
