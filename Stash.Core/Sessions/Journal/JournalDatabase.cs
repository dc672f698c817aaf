namespace Stash.Core.Sessions.Journal;

/// <summary>Where the journal's tables are: what differs from one database to another.</summary>
internal abstract class JournalDatabase : IAsyncDisposable
{
    /// <summary>For messages, as <c>the session journal (journal.db in the data folder)</c>: no path or host, since anybody may ask for health.</summary>
    public abstract string Name { get; }

    /// <summary>What to look after where it cannot be read or written, as the end of a sentence.</summary>
    public abstract string Remedy { get; }

    public abstract JournalContext NewContext();

    /// <summary>Makes or migrates the tables.</summary>
    /// <exception cref="UserErrorException">It cannot be used, and will not be without somebody's help.</exception>
    /// <exception cref="System.Data.Common.DbException">It does not answer at the moment.</exception>
    public abstract Task PrepareAsync(CancellationToken cancellationToken);

    /// <exception cref="System.Data.Common.DbException">It cannot be opened.</exception>
    public abstract Task<IJournalWriter> OpenWriterAsync(CancellationToken cancellationToken);

    /// <summary>Position in the gateway's log up to which all sessions are here; 0 at first.</summary>
    public abstract Task<long> FollowedAsync(CancellationToken cancellationToken);

    /// <summary>Tries to read, and to begin to write; changes nothing, and waits for another writer a second at most.</summary>
    /// <exception cref="System.Data.Common.DbException">One of them cannot be done.</exception>
    public abstract Task ProbeAsync(CancellationToken cancellationToken);

    public abstract ValueTask DisposeAsync();
}
