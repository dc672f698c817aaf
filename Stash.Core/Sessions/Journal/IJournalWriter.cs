namespace Stash.Core.Sessions.Journal;

/// <summary>
/// Writes sessions: one transaction for many. Not for several threads. After an exception it is of no use any more: what was not
/// committed is not there, and a new writer begins where the last commit was.
/// </summary>
internal interface IJournalWriter : IAsyncDisposable
{
    void Begin();

    /// <summary>Adds a session; one whose id is known is passed over. The draft may be used again at once.</summary>
    void Add(SessionDraft session);

    /// <summary>Makes what was added durable, with the position in the gateway's log that it reaches.</summary>
    /// <returns>For each <see cref="Add"/> since <see cref="Begin"/>, the session's position; 0 where its id was known. Good until the next <see cref="Begin"/>.</returns>
    ValueTask<IReadOnlyList<long>> CommitAsync(long followed, CancellationToken cancellationToken);

    /// <summary>Takes back what was added.</summary>
    void Rollback();
}
