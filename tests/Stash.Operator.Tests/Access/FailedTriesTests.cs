using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Time.Testing;
using Stash.Core.Configuration;
using Stash.Operator.Access;

namespace Stash.Operator.Tests.Access;

public sealed class FailedTriesTests
{
    private const int Burst = 5;

    private static readonly IPAddress Address = IPAddress.Parse("192.0.2.1");

    private readonly FakeTimeProvider _time = new();
    private readonly FailedTries _tries;

    public FailedTriesTests() => _tries = new FailedTries(StashOptions.Read(new ConfigurationBuilder().AddInMemoryCollection(
        new Dictionary<string, string?> { ["Stash:DataDirectory"] = "/tmp", ["Stash:Api:FailedTriesBurst"] = "5", ["Stash:Api:FailedTriesPerSecond"] = "2" }).Build()).Api, _time);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public void So_many_at_once_and_then_so_many_a_second()
    {
        Allowed(Address, 20).ShouldBe(Burst);
        _tries.Add(Address).ShouldBe(TimeSpan.FromSeconds(1));
        _time.Advance(TimeSpan.FromSeconds(1));
        Allowed(Address, 20).ShouldBe(2);
        _time.Advance(TimeSpan.FromHours(1));
        Allowed(Address, 20).ShouldBe(Burst);
    }

    [Fact]
    public void Each_address_has_its_own_and_of_ipv6_each_network()
    {
        Allowed(Address, 20).ShouldBe(Burst);
        Allowed(IPAddress.Parse("::ffff:192.0.2.1"), 20).ShouldBe(0);
        Allowed(IPAddress.Parse("192.0.2.2"), 20).ShouldBe(Burst);
        Allowed(IPAddress.Parse("2001:db8::1"), 20).ShouldBe(Burst);
        Allowed(IPAddress.Parse("2001:db8::ffff:1"), 20).ShouldBe(0);
        Allowed(IPAddress.Parse("2001:db8:0:1::1"), 20).ShouldBe(Burst);
    }

    [Fact]
    public async Task Tries_whose_outcome_is_open_wait_for_each_other_and_never_exceed_what_is_left()
    {
        var entering = Enumerable.Range(0, 12).Select(_ => _tries.EnterAsync(Address, Stop).AsTask()).ToArray();
        entering.Count(e => e.IsCompleted).ShouldBe(Burst);

        // One was right: it took nothing, and lets another in.
        _tries.Leave(Address, failed: false);
        await Eventually(() => entering.Count(e => e.IsCompleted) == Burst + 1);
        for (var i = 0; i < Burst; i++)
        {
            _tries.Leave(Address, failed: true);
        }

        // All that was left is used up: the rest is sent away.
        var waits = await Task.WhenAll(entering);
        waits.Count(w => w is null).ShouldBe(Burst + 1);
        waits.Count(w => w is not null).ShouldBe(12 - Burst - 1);
    }

    [Fact]
    public async Task Right_ones_are_never_sent_away_however_many_come_at_once()
    {
        var entering = Enumerable.Range(0, 100).Select(async _ =>
        {
            (await _tries.EnterAsync(Address, Stop)).ShouldBeNull();
            await Task.Yield();
            _tries.Leave(Address, failed: false);
        });
        await Task.WhenAll(entering);
        Allowed(Address, 20).ShouldBe(Burst);
    }

    [Fact]
    public void The_table_is_bounded_and_forgets_those_with_the_fewest_failures()
    {
        Allowed(Address, 20).ShouldBe(Burst);
        for (var i = 0; i < 3 * FailedTries.MaxAddresses; i++)
        {
            _tries.Add(new IPAddress([10, (byte)(i >> 16), (byte)(i >> 8), (byte)i]));
            _tries.Count.ShouldBeLessThanOrEqualTo(FailedTries.MaxAddresses);
        }

        Allowed(Address, 1).ShouldBe(0);
    }

    private int Allowed(IPAddress address, int tries) => Enumerable.Range(0, tries).Count(_ => _tries.Add(address) is null);

    private static Task Eventually(Func<bool> condition) => Support.Eventually.TrueAsync("the condition", condition);
}
