using System.Globalization;
using System.Net;
using System.Text;
using Stash.Core.Sessions;

namespace Stash.Operator.Tests.Support;

/// <summary>A session as a runner pushes it.</summary>
internal sealed record SessionPush
{
    public string Namespace { get; init; } = "shop";

    public string App { get; init; } = "web";

    public string Kind { get; init; } = "Deployment";

    public string Restic { get; init; } = "daily";

    /// <summary>Null for a backup.</summary>
    public string? Operation { get; init; }

    public bool Failed { get; init; }

    public DateTimeOffset End { get; init; } = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    public double Seconds { get; init; } = 10;

    /// <summary>Null for a pusher that sends none, as 0.8.3's.</summary>
    public string? Id { get; init; }

    public string? Message { get; init; }

    public string Path => $"metrics/job/{Namespace}-{Restic}/app/{App}/kind/{Kind}/namespace/{Namespace}/stash_config/{Restic}{(Operation is null ? "" : $"/session/{Operation}")}";

    public string Text => string.Create(CultureInfo.InvariantCulture, $$"""
        # TYPE restic_session_success gauge
        restic_session_success {{(Failed ? 0 : 1)}}
        # TYPE restic_session_fail gauge
        restic_session_fail {{(Failed ? 1 : 0)}}
        # TYPE restic_session_duration_seconds_total gauge
        restic_session_duration_seconds_total {{Seconds}}
        # TYPE restic_session_duration_seconds gauge
        restic_session_duration_seconds{filegroup="|source|data",op="backup"} {{Seconds * 0.75}}
        restic_session_duration_seconds{filegroup="|source|data",op="forget"} {{Seconds * 0.25}}
        # TYPE restic_session_start_time_seconds gauge
        restic_session_start_time_seconds {{Unix(End) - Seconds}}
        # TYPE restic_session_end_time_seconds gauge
        restic_session_end_time_seconds {{Unix(End)}}

        """);

    private static double Unix(DateTimeOffset time) => time.ToUnixTimeMilliseconds() / 1000d;
}

internal static class SessionPushes
{
    /// <summary>Pushes it, and expects the push to be accepted.</summary>
    public static async Task PushAsync(this OperatorProcess @operator, SessionPush push)
    {
        using var answer = await @operator.SendAsync(push);
        answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>Pushes it.</summary>
    /// <returns>Null where it was accepted, else what it was answered.</returns>
    public static async Task<HttpStatusCode?> TryPushAsync(this OperatorProcess @operator, SessionPush push)
    {
        using var answer = await @operator.SendAsync(push);
        return answer.IsSuccessStatusCode ? null : answer.StatusCode;
    }

    private static async Task<HttpResponseMessage> SendAsync(this OperatorProcess @operator, SessionPush push)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, push.Path) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(push.Text)) };
        if (push.Id is not null)
        {
            request.Headers.Add(SessionMetrics.SessionIdHeader, push.Id);
        }

        if (push.Message is not null)
        {
            request.Headers.Add(SessionMetrics.SessionMessageHeader, Uri.EscapeDataString(push.Message));
        }

        return await @operator.Gateway.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
