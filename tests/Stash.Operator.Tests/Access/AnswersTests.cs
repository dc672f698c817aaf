using Microsoft.Extensions.Time.Testing;
using Stash.Operator.Access;

namespace Stash.Operator.Tests.Access;

public sealed class AnswersTests
{
    private const int Capacity = 4;

    private readonly FakeTimeProvider _time = new();
    private readonly Answers<bool> _answers;
    private int _asked;

    public AnswersTests() => _answers = new Answers<bool>(TimeSpan.FromSeconds(10), Capacity, good => good, _time);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_answer_holds_for_its_time_and_no_longer(bool answer)
    {
        (await AskAsync("a", answer)).ShouldBe(answer);
        _time.Advance(TimeSpan.FromSeconds(9.9));
        (await AskAsync("a", !answer)).ShouldBe(answer);
        _time.Advance(TimeSpan.FromSeconds(0.1));
        _answers.TryGet("a", out _).ShouldBeFalse();
        (await AskAsync("a", !answer)).ShouldBe(!answer);
        _asked.ShouldBe(2);
    }

    [Fact]
    public async Task Its_time_is_counted_from_the_question()
    {
        TaskCompletionSource<bool> slow = new();
        var asking = _answers.GetAsync("a", () => slow.Task, Stop);
        _time.Advance(TimeSpan.FromSeconds(6));
        slow.SetResult(true);
        (await asking).ShouldBeTrue();
        _time.Advance(TimeSpan.FromSeconds(3.9));
        _answers.TryGet("a", out _).ShouldBeTrue();
        _time.Advance(TimeSpan.FromSeconds(0.1));
        _answers.TryGet("a", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task Who_asks_the_same_at_once_shares_one_question()
    {
        TaskCompletionSource<bool> slow = new();
        var all = Enumerable.Range(0, 50).Select(_ => _answers.GetAsync("a", () =>
        {
            Interlocked.Increment(ref _asked);
            return slow.Task;
        }, Stop)).ToArray();
        using CancellationTokenSource impatient = new();
        var left = _answers.GetAsync("a", () => throw new InvalidOperationException("a second question"), impatient.Token);
        await impatient.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => left);
        slow.SetResult(true);
        (await Task.WhenAll(all)).ShouldAllBe(a => a);
        _asked.ShouldBe(1);
    }

    [Fact]
    public async Task A_failure_is_for_those_who_wait_and_is_not_kept()
    {
        TaskCompletionSource<bool> slow = new();
        Task<bool>[] all = [_answers.GetAsync("a", () => slow.Task, Stop), _answers.GetAsync("a", () => slow.Task, Stop)];
        slow.SetException(new ClusterUnavailableException("away", isRefusal: false));
        foreach (var one in all)
        {
            await Should.ThrowAsync<ClusterUnavailableException>(() => one);
        }

        (await AskAsync("a", true)).ShouldBeTrue();
    }

    [Fact]
    public async Task There_are_no_more_than_so_many_and_a_flood_of_refused_ones_puts_out_no_good_one()
    {
        await AskAsync("good", true);
        for (var i = 0; i < 1000; i++)
        {
            await AskAsync($"bad-{i}", false);
            _answers.Count.ShouldBeLessThanOrEqualTo(Capacity + 1);
        }

        _answers.TryGet("good", out var good).ShouldBeTrue();
        good.ShouldBeTrue();
        _answers.TryGet("bad-999", out _).ShouldBeTrue();
        _answers.TryGet("bad-0", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task What_was_asked_anew_is_not_put_out_for_its_first_time()
    {
        await AskAsync("a", false);
        _time.Advance(TimeSpan.FromSeconds(10));
        await AskAsync("a", false);
        await AskAsync("b", false);
        _answers.TryGet("a", out _).ShouldBeTrue();
    }

    private Task<bool> AskAsync(string key, bool answer) => _answers.GetAsync(key, () =>
    {
        _asked++;
        return Task.FromResult(answer);
    }, Stop);
}
