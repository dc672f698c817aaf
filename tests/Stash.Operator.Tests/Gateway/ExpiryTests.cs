using Microsoft.Extensions.Time.Testing;
using Stash.Core.Sessions;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Gateway;

/// <summary>The headers that say how long a group stays, and the sweep.</summary>
public sealed class ExpiryTests
{

    [Fact]
    public async Task A_scheduled_session_s_group_goes_when_its_runs_have_been_missed_and_the_sweep_is_counted()
    {
        FakeTimeProvider time = new(new DateTimeOffset(2026, 11, 24, 3, 0, 0, TimeSpan.Zero));
        await using var gateway = await GatewayServer.StartAsync(time: time);
        await PutAsync(gateway, "scheduled", $"{SessionMetrics.SessionIntervalHeader}: 60");
        await PutAsync(gateway, "own", $"{SessionMetrics.SessionIntervalHeader}: 60", $"{SessionMetrics.TimeToLiveHeader}: 600");
        await PutAsync(gateway, "never", $"{SessionMetrics.SessionIntervalHeader}: 60", $"{SessionMetrics.TimeToLiveHeader}: 0");
        await PutAsync(gateway, "by-hand");

        // Three runs may be missed, so it goes when the fourth is overdue.
        await ExpectAfterAsync(TimeSpan.FromSeconds(239), "by-hand never own scheduled");
        await ExpectAfterAsync(TimeSpan.FromSeconds(20), "by-hand never own");
        await ExpectAfterAsync(TimeSpan.FromSeconds(360), "by-hand never");
        await ExpectAfterAsync(TimeSpan.FromDays(9999), "by-hand never");
        (await RawHttp.SendAsync(gateway.Address, "GET", "/metrics")).Body.ShouldContain("\nstash_gateway_groups_expired_total 2\n");

        async Task ExpectAfterAsync(TimeSpan passed, string expected)
        {
            time.Advance(passed);
            await Eventually.TrueAsync($"there are the groups {expected}", () => string.Join(' ', gateway.Store.Summaries().Select(g => g.Labels["job"])) == expected);
        }
    }

    [Theory]
    [InlineData(SessionMetrics.SessionIntervalHeader, "0")]
    [InlineData(SessionMetrics.SessionIntervalHeader, "-5")]
    [InlineData(SessionMetrics.SessionIntervalHeader, "1.5")]
    [InlineData(SessionMetrics.SessionIntervalHeader, "99999999999")]
    [InlineData(SessionMetrics.TimeToLiveHeader, "1h")]
    [InlineData(SessionMetrics.TimeToLiveHeader, "")]
    public async Task A_bad_header_is_refused_by_its_name(string header, string value)
    {
        await using var gateway = await GatewayServer.StartAsync();
        var answer = await RawHttp.SendAsync(gateway.Address, "PUT", "/metrics/job/a", "x 1\n", $"{header}: {value}");
        answer.Status.ShouldBe(400);
        answer.Body.ShouldStartWith($"header {header}: give it once, in whole seconds, ");
        gateway.Store.Summaries().ShouldBeEmpty();
    }

    private static async Task PutAsync(GatewayServer gateway, string job, params string[] headers) =>
        (await RawHttp.SendAsync(gateway.Address, "PUT", $"/metrics/job/{job}", "x 1\n", headers)).Status.ShouldBe(200);
}
