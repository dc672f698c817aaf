using Microsoft.Extensions.Time.Testing;
using Stash.Operator.Monitoring.Cluster;

namespace Stash.Operator.Tests.Cluster.Controller;

/// <summary>How soon a pass follows the one before, and which changes make one.</summary>
public sealed class PassPaceTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Twenty_passes_follow_at_once_and_then_two_a_second()
    {
        PassPace pace = new(_time);
        Enumerable.Range(0, 20).Select(_ => pace.Wait()).ShouldAllBe(w => w == TimeSpan.Zero);
        pace.Wait().ShouldBe(TimeSpan.FromSeconds(0.5));
        _time.Advance(TimeSpan.FromSeconds(0.5));
        pace.Wait().ShouldBe(TimeSpan.Zero);
        pace.Wait().ShouldBe(TimeSpan.FromSeconds(0.5));
        _time.Advance(TimeSpan.FromMinutes(1));
        Enumerable.Range(0, 20).Select(_ => pace.Wait()).ShouldAllBe(w => w == TimeSpan.Zero);
        pace.Wait().ShouldBeGreaterThan(TimeSpan.Zero);
    }

    [Fact]
    public void No_pass_begins_before_the_api_server_wants_to_be_asked()
    {
        PassPace pace = new(_time);
        pace.NotBefore(TimeSpan.FromSeconds(30));
        pace.Wait().ShouldBe(TimeSpan.FromSeconds(30));
        _time.Advance(TimeSpan.FromSeconds(30));
        pace.Wait().ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void Changes_of_the_operators_own_are_none_and_those_of_others_are_one_until_they_are_looked_at()
    {
        Changes changes = new();
        changes.Saw("1");
        changes.Made(["1"]);
        changes.Any.ShouldBeFalse();
        changes.Saw("1");
        changes.Saw("2");
        changes.Any.ShouldBeTrue();
        changes.Take();
        changes.Any.ShouldBeFalse();
        changes.Saw(null);
        changes.Any.ShouldBeTrue();
    }
}
