using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Stash.Operator.Health;

namespace Stash.Operator.Tests.Health;

/// <summary>What a check may cost, whoever asks how often, and whatever it does.</summary>
public sealed class BoundedCheckTests
{
    private readonly FakeTimeProvider _time = new();
    private int _runs;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_it_found_is_good_for_a_second()
    {
        var check = CheckOf(_ => Task.FromResult(HealthCheckResult.Healthy()));
        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => check.AskAsync(Stop)));
        _runs.ShouldBe(1);
        _time.Advance(TimeSpan.FromSeconds(1));
        await check.AskAsync(Stop);
        _runs.ShouldBe(2);
    }

    [Fact]
    public async Task An_instant_one_is_made_anew_each_time()
    {
        var check = CheckOf(_ => Task.FromResult(HealthCheckResult.Healthy()), HealthTags.Instant);
        await check.AskAsync(Stop);
        await check.AskAsync(Stop);
        _runs.ShouldBe(2);
    }

    [Fact]
    public async Task One_that_hangs_fails_after_its_time_at_once_for_the_next_and_does_not_pile_up()
    {
        TaskCompletionSource<HealthCheckResult> hang = new();
        var check = CheckOf(_ => hang.Task);
        var first = check.AskAsync(Stop);
        await Support.Eventually.TrueAsync("it runs", () => Volatile.Read(ref _runs) == 1);
        first.IsCompleted.ShouldBeFalse();
        _time.Advance(TimeSpan.FromSeconds(2));
        (await first).ToString().ShouldBe("[-]nfs failed: it took longer than 2 s: a disk or a server that it asks does not answer");
        for (var i = 0; i < 10; i++)
        {
            _time.Advance(TimeSpan.FromMinutes(1));
            var next = check.AskAsync(Stop);
            next.IsCompleted.ShouldBeTrue("nobody waits for it again");
            (await next).Passed.ShouldBeFalse();
        }

        _runs.ShouldBe(1);
        hang.SetResult(HealthCheckResult.Healthy());
        await Support.Eventually.TrueAsync("it passes again", async () => (await check.AskAsync(Stop)).Passed);
    }

    [Fact]
    public async Task What_it_throws_is_not_for_everybody()
    {
        var check = CheckOf(_ => throw new InvalidOperationException("password=secret"));
        (await check.AskAsync(Stop)).ToString().ShouldBe("[-]nfs failed: the check itself failed: the operator's log tells more");
    }

    [Fact]
    public async Task One_that_heeds_its_time_is_told_as_one_that_took_too_long()
    {
        var check = CheckOf(async stop =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, stop);
            return HealthCheckResult.Healthy();
        });
        var asked = check.AskAsync(Stop);
        await Support.Eventually.TrueAsync("it runs", () => Volatile.Read(ref _runs) == 1);
        _time.Advance(TimeSpan.FromSeconds(2));
        (await asked).Reason.ShouldStartWith("it took longer than 2 s");
    }

    [Fact]
    public async Task Degraded_passes_and_says_so_on_one_line()
    {
        var check = CheckOf(_ => Task.FromResult(HealthCheckResult.Degraded("behind\nby much")));
        (await check.AskAsync(Stop)).ToString().ShouldBe("[+]nfs ok: behind by much");
    }

    private BoundedCheck CheckOf(Func<CancellationToken, Task<HealthCheckResult>> make, params string[] tags) => new(
        new HealthCheckRegistration("nfs", new Made(stop =>
        {
            Interlocked.Increment(ref _runs);
            return make(stop);
        }), HealthStatus.Unhealthy, tags),
        new ServiceCollection().BuildServiceProvider(),
        _time,
        NullLogger.Instance);

    private sealed class Made(Func<CancellationToken, Task<HealthCheckResult>> make) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => make(cancellationToken);
    }
}
