using Stash.Console.Operator;
using Stash.Core.Sessions;

namespace Stash.Console.History;

/// <summary>
/// One session as its page shows it, from running to ended: read from the operator, then kept current by live changes. All of it is
/// called on one thread at a time (the page's dispatcher). Where the operator is away it keeps what it has.
/// </summary>
public sealed class SessionModel(OperatorClient client, TimeProvider time)
{
    private readonly AppHistoryReader _histories = new(client, time);
    private CancellationTokenSource? _loading;

    /// <summary>The live feed has told of its end: an answer that was on its way then still calls it running.</summary>
    private bool _endTold;

    public string Id { get; private set; } = "";

    /// <summary>The ended session; null where it runs or is not known.</summary>
    public Session? Session { get; private set; }

    /// <summary>The session while it runs, as last reported.</summary>
    public RunningSession? Running { get; private set; }

    /// <summary>True where the running session is gone and no result has come.</summary>
    public bool HasFallenSilent { get; private set; }

    /// <summary>Sessions of the same app and operation; null until read.</summary>
    public AppHistory? History { get; private set; }

    /// <summary>Why the session could not be read; null where it could.</summary>
    public string? Problem { get; private set; }

    /// <summary>Why the app's other sessions could not be read; null where they could.</summary>
    public string? HistoryProblem { get; private set; }

    public bool IsLoading { get; private set; } = true;

    /// <summary>True where the operator knows no session of this id.</summary>
    public bool IsUnknown => !IsLoading && Problem is null && Session is null && Running is null;

    /// <summary>Reads a session. A newer call ends an older one.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="changed">Called when there is something new to show.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async Task LoadAsync(string id, Action changed, CancellationToken cancellationToken)
    {
        if (_loading is { } older)
        {
            await older.CancelAsync();
        }

        using var source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _loading = source;
        Begin(id);
        try
        {
            await FindAsync(source.Token);
            if (_loading != source)
            {
                return;
            }

            Problem = null;
            IsLoading = false;
            changed();
            await ReadHistoryAsync(source.Token);
        }
        catch (OperationCanceledException) when (source.IsCancellationRequested)
        {
            return;
        }
        catch (OperatorException e)
        {
            if (_loading != source)
            {
                return;
            }

            Problem = Session is null && Running is null ? e.Message : null;
            HistoryProblem = e.Message;
            IsLoading = false;
        }
        finally
        {
            if (_loading == source)
            {
                _loading = null;
            }
        }

        changed();
    }

    /// <summary>Takes in a live change.</summary>
    /// <returns>What the page has to do.</returns>
    public SessionModelEffect Apply(LiveChange change)
    {
        switch (change)
        {
            case LiveChange.SessionAdded { Session: var ended } when ended.Id == Id:
                Session = ended;
                Running = null;
                HasFallenSilent = false;
                IsLoading = false;
                Problem = null;
                History = History is { } before ? (before with { CurrentId = Id }).With(ended) : null;
                return History is null && _loading is null ? SessionModelEffect.Reload : SessionModelEffect.Render;
            case LiveChange.SessionAdded { Session: var other } when History is not null && IsOfSameKind(other):
                History = History.With(other);
                return SessionModelEffect.Render;
            case LiveChange.SessionRunning { Session: var running } when running.Id == Id && Session is null:
                var first = Running is null;
                Running = running;
                _endTold = false;
                HasFallenSilent = false;
                IsLoading = false;
                Problem = null;
                return first && _loading is null ? SessionModelEffect.Reload : SessionModelEffect.Render;
            case LiveChange.SessionEnded { Id: var id } when id == Id && Session is null:
                _endTold = true;
                HasFallenSilent = Running is not null;
                return HasFallenSilent ? SessionModelEffect.Render : SessionModelEffect.None;
            case LiveChange.Reset:
                return SessionModelEffect.Reload;
            case LiveChange.StateChanged { State.Connection: LiveConnection.Connected } when Problem is not null || HistoryProblem is not null:
                return SessionModelEffect.Reload;
            default:
                return SessionModelEffect.None;
        }
    }

    private void Begin(string id)
    {
        if (id != Id)
        {
            Session = null;
            Running = null;
            HasFallenSilent = false;
            History = null;
            Id = id;
        }

        HistoryProblem = null;
        IsLoading = Session is null && Running is null;
    }

    private async Task FindAsync(CancellationToken cancellationToken)
    {
        _endTold = false;
        try
        {
            var session = await client.SessionAsync(Id, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            Session = session;
            Running = null;
            HasFallenSilent = false;
        }
        catch (OperatorException e) when (e.Failure == OperatorFailure.NotFound)
        {
            var running = (await client.RunningAsync(cancellationToken)).Items.FirstOrDefault(r => r.Id == Id);
            cancellationToken.ThrowIfCancellationRequested();

            // While both were asked it may have ended: then the live feed has brought it.
            if (Session is null)
            {
                Running = running ?? Running;
                HasFallenSilent = Running is not null && (running is null || _endTold);
            }
        }
    }

    private async Task ReadHistoryAsync(CancellationToken cancellationToken)
    {
        if (Session is { } session)
        {
            History = await _histories.ReadAsync(session, cancellationToken);
        }
        else if (Running is { } running)
        {
            var history = await _histories.ReadAsync(running, cancellationToken);

            // It may have ended while its history was read.
            History = Session is { } ended ? (history with { CurrentId = ended.Id }).With(ended) : history;
        }
    }

    private bool IsOfSameKind(Session other) =>
        Session is { } s ? (other.Namespace == s.Namespace && other.App == s.App && other.Operation == s.Operation)
        : Running is { } r && other.Namespace == r.Namespace && other.App == r.App && other.Operation == r.Operation;
}
