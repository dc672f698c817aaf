using Microsoft.Extensions.Time.Testing;
using Stash.Console.Operator;
using Stash.Console.People;
using Stash.Console.Tests.Support;

namespace Stash.Console.Tests.People;

public sealed class PersonTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 26, 12, 0, 0, TimeSpan.Zero));

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_token_that_says_no_end_lasts()
    {
        using var person = PersonOf(new PersonTokens("opaque", null, _time.GetUtcNow()), null);
        _time.Advance(TimeSpan.FromDays(30));
        (await person.TokenAsync(Stop)).ShouldBe("opaque");
        person.HasEnded.ShouldBeFalse();
    }

    [Fact]
    public async Task A_token_ends_when_it_says()
    {
        using var person = PersonOf(Tokens("alice", TimeSpan.FromMinutes(10), null), null);
        _time.Advance(TimeSpan.FromMinutes(9));
        (await person.TokenAsync(Stop)).ShouldNotBeEmpty();
        _time.Advance(TimeSpan.FromMinutes(1));
        person.HasEnded.ShouldBeTrue();
        (await Should.ThrowAsync<OperatorException>(async () => await person.TokenAsync(Stop))).Failure.ShouldBe(OperatorFailure.Unauthorized);
    }

    [Fact]
    public async Task A_token_is_renewed_once_shortly_before_its_end_however_many_ask()
    {
        var renewals = 0;
        TaskCompletionSource gate = new();
        using var person = PersonOf(Tokens("first", TimeSpan.FromMinutes(10), "r1"), async (tokens, _) =>
        {
            tokens.Refresh.ShouldBe($"r{++renewals}");
            await gate.Task;
            return Tokens("next", TimeSpan.FromMinutes(10), "r2");
        });
        var first = await person.TokenAsync(Stop);
        _time.Advance(TimeSpan.FromMinutes(8.5));
        (await person.TokenAsync(Stop)).ShouldBe(first);

        _time.Advance(TimeSpan.FromMinutes(1));
        var asking = Enumerable.Range(0, 5).Select(_ => person.TokenAsync(Stop).AsTask()).ToList();
        gate.SetResult();
        (await Task.WhenAll(asking)).Distinct().ShouldHaveSingleItem().ShouldNotBe(first);
        renewals.ShouldBe(1);
    }

    [Fact]
    public async Task While_the_provider_is_away_the_token_lasts_to_its_end_and_the_sign_in_goes_on_after()
    {
        var away = true;
        using var person = PersonOf(Tokens("first", TimeSpan.FromMinutes(10), "r"), (_, _) => away
            ? throw new OperatorException(OperatorFailure.Unreachable, "away")
            : Task.FromResult(Tokens("next", TimeSpan.FromMinutes(10), "r")));
        var first = await person.TokenAsync(Stop);
        _time.Advance(TimeSpan.FromMinutes(9.5));
        (await person.TokenAsync(Stop)).ShouldBe(first);
        _time.Advance(TimeSpan.FromMinutes(1));
        (await Should.ThrowAsync<OperatorException>(async () => await person.TokenAsync(Stop))).Failure.ShouldBe(OperatorFailure.Unreachable);
        person.HasEnded.ShouldBeFalse();
        away = false;
        (await person.TokenAsync(Stop)).ShouldNotBe(first);
    }

    private PersonTokens Tokens(string subject, TimeSpan lifetime, string? refresh) => new(Jwt.Of(subject, _time.GetUtcNow() + lifetime), refresh, _time.GetUtcNow());

    private Person PersonOf(PersonTokens tokens, TokenRenewal? renewal) => new("id", "alice", OperatorDouble.Who("alice"), tokens, renewal, _time);
}
