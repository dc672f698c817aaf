using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Stash.Core.Kubernetes.Controllers;
using Stash.Core.Monitoring;

namespace Stash.Core.Tests.Kubernetes.Controllers;

public sealed class WorkQueueTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly WorkQueue<string> _queue;

    public WorkQueueTests() => _queue = new(_time, TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(30));

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _queue.Dispose();

    [Fact]
    public async Task A_key_added_again_and_again_waits_once()
    {
        _queue.Add("a");
        _queue.Add("b");
        _queue.Add("a");
        _queue.Depth.ShouldBe(2);
        (await TakeAsync()).ShouldBe("a");
        (await TakeAsync()).ShouldBe("b");
        _queue.Depth.ShouldBe(0);
        _queue.InProgress.ShouldBe(2);
    }

    [Fact]
    public async Task A_key_added_while_it_is_in_progress_is_done_again_after_and_not_at_once()
    {
        _queue.Add("a");
        (await TakeAsync()).ShouldBe("a");
        _queue.Add("a");
        _queue.Add("a");
        var again = _queue.TakeAsync(Stop).AsTask();
        _queue.Add("b");
        (await again).Key.ShouldBe("b");
        var after = _queue.TakeAsync(Stop).AsTask();
        after.IsCompleted.ShouldBeFalse();
        _queue.Done("a");
        (await after).Key.ShouldBe("a");
        _queue.Done("a");
        _queue.Depth.ShouldBe(0);
    }

    [Fact]
    public void A_delayed_key_comes_when_its_time_has_passed_and_the_earliest_time_counts()
    {
        _queue.AddAfter("a", TimeSpan.FromSeconds(10));
        _queue.AddAfter("a", TimeSpan.FromSeconds(3));
        _queue.AddAfter("a", TimeSpan.FromSeconds(5));
        _queue.Delayed.ShouldBe(1);
        _time.Advance(TimeSpan.FromSeconds(2.999));
        _queue.Depth.ShouldBe(0);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        _queue.Depth.ShouldBe(1);
        _queue.Delayed.ShouldBe(0);
        _time.Advance(TimeSpan.FromSeconds(20));
        _queue.Depth.ShouldBe(1);
    }

    [Fact]
    public async Task Failures_of_a_key_double_its_wait_up_to_the_limit_and_concern_no_other_key()
    {
        List<double> waits = [];
        for (var i = 0; i < 10; i++)
        {
            _queue.AddRateLimited("a");
            var waited = TimeSpan.Zero;
            while (_queue.Depth == 0)
            {
                _time.Advance(TimeSpan.FromMilliseconds(100));
                waited += TimeSpan.FromMilliseconds(100);
            }

            waits.Add(waited.TotalSeconds);
            (await TakeAsync()).ShouldBe("a");
            _queue.Done("a");
        }

        waits.ShouldBe([0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30, 30]);
        _queue.Failures("a").ShouldBe(10);
        _queue.Failures("b").ShouldBe(0);
        _queue.Forget("a");
        _queue.AddRateLimited("a");
        _time.Advance(TimeSpan.FromMilliseconds(200));
        _queue.Depth.ShouldBe(1);
    }

    [Fact]
    public async Task Waits_can_be_read_and_are_told()
    {
        List<TimeSpan> told = [];
        _queue.Subscribe(told.Add);
        _queue.Add("a");
        _time.Advance(TimeSpan.FromSeconds(2));
        _queue.Add("b");
        _time.Advance(TimeSpan.FromSeconds(1));
        _queue.LongestWait.ShouldBe(TimeSpan.FromSeconds(3));
        Reconciliations reconciliations = new();
        reconciliations.CountBy(() => _queue.Depth);
        reconciliations.Waiting.ShouldBe(2);
        await TakeAsync();
        _queue.LongestWait.ShouldBe(TimeSpan.FromSeconds(1));
        await TakeAsync();
        _queue.LongestWait.ShouldBe(TimeSpan.Zero);
        told.ShouldBe([TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(1)]);
    }

    [Fact]
    public async Task The_end_does_what_waits_and_what_was_added_before_it_takes_no_more_and_drops_what_is_delayed()
    {
        _queue.Add("a");
        _queue.AddAfter("later", TimeSpan.FromSeconds(1));
        (await TakeAsync()).ShouldBe("a");
        _queue.Add("a");
        _queue.Add("b");
        var end = _queue.ShutDownAsync();
        _queue.Add("c");
        _queue.AddAfter("c", TimeSpan.FromSeconds(1));
        _queue.AddRateLimited("c");
        _time.Advance(TimeSpan.FromMinutes(1));
        (await TakeAsync()).ShouldBe("b");
        _queue.Done("b");
        end.IsCompleted.ShouldBeFalse();
        _queue.Done("a");
        (await TakeAsync()).ShouldBe("a");
        end.IsCompleted.ShouldBeFalse();
        _queue.Done("a");
        await end.WaitAsync(Stop);
        (await _queue.TakeAsync(Stop)).IsTaken.ShouldBeFalse();
    }

    [Fact]
    public async Task Workers_do_again_what_failed_forget_what_did_not_and_end_when_it_is_drained()
    {
        var tries = 0;
        List<string> failures = [];
        using SemaphoreSlim failed = new(0), succeeded = new(0);
        var run = _queue.RunAsync(3, (key, _) =>
        {
            if (Interlocked.Increment(ref tries) < 3)
            {
                throw new IOException(key);
            }

            succeeded.Release();
            return Task.CompletedTask;
        }, (key, e) =>
        {
            failures.Add($"{key} {e.Message}");
            failed.Release();
        }, Stop);
        _queue.Add("a");
        for (var i = 0; i < 2; i++)
        {
            await failed.WaitAsync(Stop);
            while (_queue.Delayed == 0)
            {
                await Task.Yield();
            }

            _time.Advance(TimeSpan.FromMilliseconds(200 << i));
        }

        await succeeded.WaitAsync(Stop);
        await _queue.ShutDownAsync();
        await run;
        failures.ShouldBe(["a a", "a a"]);
        _queue.Failures("a").ShouldBe(0);
    }

    [Fact]
    public async Task Cancelled_workers_end_at_once()
    {
        using CancellationTokenSource end = new();
        var run = _queue.RunAsync(2, (_, stop) => Task.Delay(Timeout.Infinite, stop), (_, _) => throw new InvalidOperationException("No failure."), end.Token);
        _queue.Add("a");
        while (_queue.InProgress == 0)
        {
            await Task.Yield();
        }

        await end.CancelAsync();
        await run.WaitAsync(Stop);
        _queue.InProgress.ShouldBe(0);
    }

    [Fact]
    public async Task Under_many_threads_no_key_is_in_progress_twice_and_the_last_add_is_always_done()
    {
        using WorkQueue<int> queue = new(TimeProvider.System, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(5));
        var wanted = new int[8];
        var done = new int[8];
        var busy = new int[8];
        var twice = 0;
        var run = queue.RunAsync(4, async (key, _) =>
        {
            twice += Interlocked.Increment(ref busy[key]) == 1 ? 0 : 1;
            var version = Volatile.Read(ref wanted[key]);
            await Task.Yield();
            Volatile.Write(ref done[key], version);
            Interlocked.Decrement(ref busy[key]);
            if (version % 7 == 0)
            {
                throw new IOException("Again.");
            }
        }, (_, _) => { }, Stop);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < 5000; i++)
            {
                var key = i % 8;
                Interlocked.Increment(ref wanted[key]);
                queue.Add(key);
                if (i % 100 == 0)
                {
                    await Task.Yield();
                }
            }
        }, Stop)));
        await queue.ShutDownAsync();
        await run;
        twice.ShouldBe(0);
        done.ShouldBe(wanted);
    }

    [Fact]
    public void The_wait_of_a_backoff_grows_within_its_bounds_whatever_chance_says() =>
        Gen.Int[0, 40].Sample(failures =>
        {
            Backoff backoff = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
            for (var i = 0; i < failures; i++)
            {
                backoff.Next();
            }

            var least = Math.Min(20, Math.Pow(2, failures));
            backoff.Next().TotalSeconds.ShouldBeInRange(least, least * 1.5);
            backoff.Reset();
            backoff.Next().TotalSeconds.ShouldBeInRange(1, 1.5);
        });

    private async Task<string> TakeAsync()
    {
        var (taken, key) = await _queue.TakeAsync(Stop);
        taken.ShouldBeTrue();
        return key;
    }
}
