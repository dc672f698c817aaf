using System.Globalization;
using Stash.Core;
using Stash.Core.Restics;
using Stash.Operator.Commands;

namespace Stash.Operator.Runner;

/// <summary>Runs the work of a session and reports how it ended, whatever way that was.</summary>
internal sealed partial class SessionRunner(RunnerContext context)
{
    private readonly ILogger _logger = context.Logger;

    /// <summary>Runs a session to its end; its report is on disk or delivered when this returns.</summary>
    /// <param name="identity">The series it belongs to.</param>
    /// <param name="nextRun">When the schedule runs next, asked at the session's end.</param>
    /// <param name="work">The session itself. What it throws is why the session failed.</param>
    /// <returns>True where it succeeded.</returns>
    public async Task<bool> RunAsync(SessionIdentity identity, Func<DateTimeOffset, NextRun> nextRun, Func<OngoingSession, CancellationToken, Task> work)
    {
        OngoingSession session = new(identity, context.Time.GetUtcNow());
        LogStarted(identity.Namespace, identity.Restic, identity.Operation);
        string? failure;
        DateTimeOffset end;
        await using (new ProgressReporter(session, context.Gateway, context.Time, _logger))
        {
            failure = await FailureOfAsync(session, work);
            end = context.Time.GetUtcNow();
        }

        end = end > session.Start ? end : session.Start;
        var seconds = (end - session.Start).TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);
        if (failure is null)
        {
            LogSucceeded(identity.Namespace, identity.Restic, identity.Operation, seconds);
        }
        else
        {
            LogFailed(identity.Namespace, identity.Restic, identity.Operation, seconds, failure);
        }

        Report(session, end, failure, nextRun(end));
        return failure is null;
    }

    /// <summary>Reports a session that has ended.</summary>
    public void Report(OngoingSession session, DateTimeOffset end, string? failure, NextRun nextRun)
    {
        var identity = session.Identity;
        if (failure is null)
        {
            try
            {
                context.LastSuccess.Write(identity, end);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                LogNotRemembered(e, context.State.FullPath);
            }
        }

        context.Delivery.Enqueue(new SessionReport
        {
            Id = session.Running.Id,
            Identity = identity,
            Start = session.Start,
            End = end,
            Failure = failure,
            Operations = session.Operations,
            Summaries = session.Summaries,
            LastSuccess = failure is null ? end : context.LastSuccess.Read(identity),
            NextRun = nextRun.Time,
            Interval = nextRun.Interval,
        }.ToPush());
    }

    private async Task<string?> FailureOfAsync(OngoingSession session, Func<OngoingSession, CancellationToken, Task> work)
    {
        try
        {
            await work(session, context.Signals.Stop);
            return null;
        }
        catch (UserErrorException e)
        {
            return Credentials.Without(e.Message);
        }
        catch (OperationCanceledException) when (context.Signals.Stop.IsCancellationRequested)
        {
            return $"interrupted: {context.Signals.Name} ended the session before it was complete.";
        }
        catch (Exception e)
        {
            LogUnexpected(e, e.GetType().Name);
            return UnexpectedError.Message(e);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Namespace}/{Restic}: {Op} started.")]
    private partial void LogStarted(string @namespace, string restic, string op);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Namespace}/{Restic}: {Op} succeeded after {Seconds} s.")]
    private partial void LogSucceeded(string @namespace, string restic, string op, string seconds);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Namespace}/{Restic}: {Op} failed after {Seconds} s: {Failure}")]
    private partial void LogFailed(string @namespace, string restic, string op, string seconds, string failure);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The time of this success cannot be kept in the state folder {Folder}, so a failure after it will not know of it: see that the disk has space and this user may write there, or name another folder with --state-dir.")]
    private partial void LogNotRemembered(Exception exception, string folder);

    [LoggerMessage(Level = LogLevel.Error, Message = "The session fails for an unforeseen reason ({Type}).")]
    private partial void LogUnexpected(Exception exception, string type);
}
