using Stash.Console.Operator;
using Stash.Core.Api;

namespace Stash.Console.People;

/// <summary>Gets the next tokens.</summary>
/// <exception cref="OperatorException">They cannot be had: <see cref="OperatorFailure.Unauthorized"/> where never again, another failure where not now.</exception>
public delegate Task<PersonTokens> TokenRenewal(PersonTokens tokens, CancellationToken cancellationToken);

/// <summary>Somebody who is signed in as themselves: one sign-in, with all of its pages.</summary>
public sealed class Person : IDisposable
{
    private readonly SemaphoreSlim _renewing = new(1);
    private readonly TokenRenewal? _renewal;
    private readonly TimeProvider _time;
    private PersonTokens _tokens;
    private WhoAmI _who;

    /// <param name="id">Of the sign-in.</param>
    /// <param name="name">As the pages call them.</param>
    /// <param name="who">As the operator knows them.</param>
    /// <param name="tokens">What they have signed in with.</param>
    /// <param name="renewal">Where the next tokens come from; null where from nowhere.</param>
    /// <param name="time">The clock.</param>
    public Person(string id, string name, WhoAmI who, PersonTokens tokens, TokenRenewal? renewal, TimeProvider time)
    {
        (Id, Name, _who, _tokens, _renewal, _time) = (id, name, who, tokens, renewal, time);
        Used = CheckedAt = time.GetUtcNow();
    }

    public string Id { get; }

    public string Name { get; }

    /// <summary>As the cluster names them.</summary>
    public string UserName => _who.Name;

    /// <summary>What they may, as last asked.</summary>
    public WhoMay May => _who.May;

    /// <summary>Told after each change of <see cref="May"/>.</summary>
    public event EventHandler? Changed;

    /// <summary>When a page or a request of theirs last came.</summary>
    internal DateTimeOffset Used { get; set; }

    /// <summary>When <see cref="May"/> was last asked.</summary>
    internal DateTimeOffset CheckedAt { get; set; }

    internal PersonTokens Tokens => _tokens;

    /// <summary>Whether nothing can be asked in their name any more.</summary>
    public bool HasEnded => _tokens.HasEnded(_time.GetUtcNow()) && (_renewal is null || _tokens.Refresh is null);

    public void Dispose() => _renewing.Dispose();

    /// <summary>The token as it is now, renewed before its end.</summary>
    /// <exception cref="OperatorException">There is none: <see cref="OperatorFailure.Unauthorized"/> where there will be none.</exception>
    internal async ValueTask<string> TokenAsync(CancellationToken cancellationToken)
    {
        Used = _time.GetUtcNow();
        if (_renewal is null || !_tokens.IsDue(Used))
        {
            return HasEnded ? throw Ended() : _tokens.Bearer;
        }

        await _renewing.WaitAsync(cancellationToken);
        try
        {
            if (_tokens.IsDue(_time.GetUtcNow()))
            {
                // Not ended by one page that goes: a refresh token is often good for one use.
                _tokens = await _renewal(_tokens, CancellationToken.None);
            }
        }
        catch (OperatorException e) when (e.Failure != OperatorFailure.Unauthorized && !_tokens.HasEnded(_time.GetUtcNow()))
        {
            // The one there is is good for a while.
        }
        finally
        {
            _renewing.Release();
        }

        return _tokens.Bearer;
    }

    internal void Learn(WhoAmI who)
    {
        CheckedAt = _time.GetUtcNow();
        var changed = who.May != _who.May;
        _who = who;
        if (changed)
        {
            Changed?.Invoke(this, EventArgs.Empty);
        }
    }

    internal static OperatorException Ended() => new(OperatorFailure.Unauthorized, "Your sign-in has ended: sign in again.");
}
