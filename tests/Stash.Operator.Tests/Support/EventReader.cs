using System.Net;
using System.Net.ServerSentEvents;

namespace Stash.Operator.Tests.Support;

/// <summary>Reads the live stream.</summary>
internal sealed class EventReader : IAsyncDisposable
{
    private readonly HttpResponseMessage _answer;
    private readonly IAsyncEnumerator<SseItem<string>> _items;
    private readonly CancellationTokenSource _deadline;

    private EventReader(HttpResponseMessage answer, Stream stream, CancellationTokenSource deadline)
    {
        _answer = answer;
        _deadline = deadline;
        _items = SseParser.Create(stream).EnumerateAsync(deadline.Token).GetAsyncEnumerator(deadline.Token);
    }

    public static Task<EventReader> OpenAsync(OperatorProcess @operator, string? lastEventId = null) => OpenAsync(@operator.Api, lastEventId);

    public static async Task<EventReader> OpenAsync(HttpClient api, string? lastEventId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "events");
        if (lastEventId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastEventId);
        }

        var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(60));
        var answer = await api.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        return new EventReader(answer, await answer.Content.ReadAsStreamAsync(deadline.Token), deadline);
    }

    /// <summary>The next event that is no ping.</summary>
    public async Task<SseItem<string>> NextAsync()
    {
        while (true)
        {
            (await _items.MoveNextAsync()).ShouldBeTrue("the stream has ended");
            if (_items.Current.EventType != "ping")
            {
                return _items.Current;
            }
        }
    }

    /// <summary>Reads on to an event of a type.</summary>
    public async Task<SseItem<string>> NextAsync(string type)
    {
        while (true)
        {
            (await _items.MoveNextAsync()).ShouldBeTrue($"the stream has ended without an event {type}");
            if (_items.Current.EventType == type)
            {
                return _items.Current;
            }
        }
    }

    /// <summary>Reads on to the stream's end.</summary>
    /// <returns>False where the connection broke.</returns>
    public async Task<bool> EndAsync()
    {
        try
        {
            while (await _items.MoveNextAsync())
            {
                // On to the end.
            }

            return true;
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _deadline.CancelAsync();
        await _items.DisposeAsync();
        _answer.Dispose();
        _deadline.Dispose();
    }
}
