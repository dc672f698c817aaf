using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Time.Testing;
using Stash.Core.Configuration;
using Stash.Operator.Gateway.Access;

namespace Stash.Operator.Tests.Gateway.Access;

public sealed class FloodControlTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task A_connection_that_sent_too_many_bad_requests_waits_its_turn()
    {
        var flood = New(burst: 3, perSecond: 2);
        var (bad, good) = (Connect(flood), Connect(flood));
        Refuse(bad, times: 3);
        flood.IsAnyOwing.ShouldBeFalse();
        (await flood.WaitAsync(bad)).ShouldBeNull();

        Refuse(bad, times: 1);
        flood.IsAnyOwing.ShouldBeTrue();
        var waits = flood.WaitAsync(bad).AsTask();
        waits.IsCompleted.ShouldBeFalse();
        (await flood.WaitAsync(good)).ShouldBeNull();
        _time.Advance(TimeSpan.FromSeconds(0.5));
        (await waits).ShouldBeNull();

        // Time pays: the whole burst is there again after a while.
        _time.Advance(TimeSpan.FromMinutes(1));
        (await flood.WaitAsync(bad)).ShouldBeNull();
        flood.IsAnyOwing.ShouldBeFalse();
        Refuse(bad, times: 3);
        flood.IsAnyOwing.ShouldBeFalse();
    }

    [Fact]
    public async Task Where_too_many_wait_the_next_is_told_how_long_to_stay_away()
    {
        var flood = New(burst: 1, perSecond: 1, waiting: 1);
        var (first, second) = (Connect(flood), Connect(flood));
        Refuse(first, times: 2);
        Refuse(second, times: 2);
        var waits = flood.WaitAsync(first).AsTask();
        (await flood.WaitAsync(second)).ShouldBe(TimeSpan.FromSeconds(1));
        flood.Waiting.ShouldBe(1);
        _time.Advance(TimeSpan.FromSeconds(1));
        (await waits).ShouldBeNull();
        flood.Waiting.ShouldBe(0);
    }

    [Fact]
    public void A_connection_that_is_gone_owes_nothing()
    {
        var flood = New(burst: 1, perSecond: 1);
        var connection = Connect(flood);
        Refuse(connection, times: 5);
        flood.IsAnyOwing.ShouldBeTrue();
        connection.Features.Get<GatewayConnection>()!.Close();
        flood.IsAnyOwing.ShouldBeFalse();
    }

    [Fact]
    public void It_can_be_switched_off()
    {
        var flood = New(burst: 1, perSecond: 0);
        Refuse(Connect(flood), times: 100);
        flood.IsAnyOwing.ShouldBeFalse();
    }

    private FloodControl New(int burst, int perSecond, int waiting = 10) => new(
        StashOptions.Read(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Stash:Gateway:BadRequestBurst"] = $"{burst}",
            ["Stash:Gateway:BadRequestsPerSecond"] = $"{perSecond}",
            ["Stash:Gateway:MaxWaiting"] = $"{waiting}",
        }).Build()).Gateway.Traffic,
        _time);

    private static DefaultHttpContext Connect(FloodControl flood)
    {
        DefaultHttpContext context = new();
        context.Features.Set(new GatewayConnection(flood));
        return context;
    }

    private static void Refuse(HttpContext connection, int times)
    {
        for (var i = 0; i < times; i++)
        {
            connection.Features.Get<GatewayConnection>()!.CountRefused();
        }
    }
}
