using System.Globalization;
using Microsoft.EntityFrameworkCore;

namespace Stash.Core.Sessions.Journal;

/// <summary>Queries of the journal.</summary>
public sealed class SessionReader
{
    /// <summary>Buckets of a range at most, as Prometheus has it for points.</summary>
    public const int MaxBuckets = 11_000;

    private readonly Func<JournalContext> _context;
    private readonly TimeProvider _time;

    internal SessionReader(Func<JournalContext> context, TimeProvider time)
    {
        _context = context;
        _time = time;
    }

    /// <summary>A page of sessions, newest first.</summary>
    /// <param name="query">Which.</param>
    /// <param name="limit">At most this many.</param>
    /// <param name="continueToken">From the page before; null for the first.</param>
    /// <param name="cancellationToken">Stops the query.</param>
    /// <returns>The sessions, and the token of the next page; empty on the last. Sessions that arrive meanwhile do not shift the pages.</returns>
    /// <exception cref="FormatException">The token is not one of ours.</exception>
    public async Task<(IReadOnlyList<Session> Items, string Continue)> ListAsync(SessionQuery query, int limit, string? continueToken, CancellationToken cancellationToken)
    {
        await using var context = _context();
        var rows = Filter(context.Sessions.AsNoTracking(), query);
        if (!string.IsNullOrEmpty(continueToken))
        {
            var (end, position) = ParseToken(continueToken);
            rows = rows.Where(s => s.EndTime < end || (s.EndTime == end && s.Position < position));
        }

        var page = await rows
            .OrderByDescending(s => s.EndTime).ThenByDescending(s => s.Position)
            .Take(limit + 1)
            .ToListAsync(cancellationToken);
        var last = page.Count > limit ? page[limit - 1] : null;
        return ([.. page.Take(limit).Select(s => s.ToSession())],
            last is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{last.EndTime}-{last.Position}"));
    }

    /// <summary>One session; null where there is none of this id.</summary>
    public async Task<Session?> FindAsync(string id, CancellationToken cancellationToken)
    {
        await using var context = _context();
        var row = await context.Sessions.AsNoTracking()
            .FirstOrDefaultAsync(s => s.Id == id, cancellationToken);
        return row?.ToSession();
    }

    /// <summary>True where the journal has the session.</summary>
    public async Task<bool> ContainsAsync(string id, CancellationToken cancellationToken)
    {
        await using var context = _context();
        return await context.Sessions.AnyAsync(s => s.Id == id, cancellationToken);
    }

    /// <summary>Sessions that arrived after a position, in the order of arrival.</summary>
    public async Task<IReadOnlyList<(long Position, Session Session)>> SinceAsync(long position, int limit, CancellationToken cancellationToken)
    {
        await using var context = _context();
        var rows = await context.Sessions.AsNoTracking()
            .Where(s => s.Position > position).OrderBy(s => s.Position).Take(limit)
            .ToListAsync(cancellationToken);
        return [.. rows.Select(r => (r.Position, r.ToSession()))];
    }

    /// <summary>Position of the newest arrival; 0 where the journal is empty.</summary>
    public async Task<long> LastPositionAsync(CancellationToken cancellationToken)
    {
        await using var context = _context();
        return await context.Sessions.MaxAsync(s => (long?)s.Position, cancellationToken) ?? 0;
    }

    /// <summary>Every app and operation that the journal has known, by namespace and name, backups first; counts and quantiles are 0 and null.</summary>
    public async Task<IReadOnlyList<AppSummary>> AppsAsync(CancellationToken cancellationToken)
    {
        await using var context = _context();
        return [.. (await AppRowsAsync(context, new SessionQuery(), cancellationToken)).Select(a => Summary(a, null))];
    }

    /// <summary>The apps and operations that the journal has known longest, the longest known first; counts and quantiles are 0 and null.</summary>
    /// <param name="limit">At most this many.</param>
    /// <param name="maxName">Those with a longer namespace, app or operation are passed over; characters.</param>
    /// <param name="cancellationToken">Stops the query.</param>
    /// <returns>They, and how many others there are.</returns>
    public async Task<(IReadOnlyList<AppSummary> Apps, int Others)> LongestKnownAsync(int limit, int maxName, CancellationToken cancellationToken)
    {
        await using var context = _context();
        var rows = await context.Apps.AsNoTracking()
            .Where(a => a.Namespace.Length <= maxName && a.App.Length <= maxName && a.Operation.Length <= maxName)
            .OrderBy(a => a.FirstArrival).ThenBy(a => a.Namespace).ThenBy(a => a.App).ThenBy(a => a.Operation).Take(limit).ToListAsync(cancellationToken);
        var known = await context.Apps.CountAsync(cancellationToken);
        return ([.. rows.Select(a => Summary(a, null))], Math.Max(0, known - rows.Count));
    }

    /// <summary>Aggregates the sessions of a query.</summary>
    /// <param name="query">Which. A missing end is now, a missing start the first session's end.</param>
    /// <param name="bucketSeconds">Width of a bucket; null chooses one that gives about a hundred.</param>
    /// <param name="cancellationToken">Stops the query.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range has more than <see cref="MaxBuckets"/> buckets of that width.</exception>
    public async Task<SessionAggregates> AggregateAsync(SessionQuery query, int? bucketSeconds, CancellationToken cancellationToken)
    {
        await using var context = _context();
        var to = query.To ?? _time.GetUtcNow();
        var rows = Filter(context.Sessions.AsNoTracking(), query with { To = to });
        var from = query.From ?? (await rows.MinAsync(s => (long?)s.EndTime, cancellationToken) is { } first ? RowMapping.Time(first) : to);
        var width = bucketSeconds ?? SessionAggregator.ChooseBucket(to - from);
        if ((to - from).TotalSeconds / width > MaxBuckets)
        {
            throw new ArgumentOutOfRangeException(nameof(bucketSeconds));
        }

        var aggregator = new SessionAggregator(width);
        await foreach (var s in rows.Select(s => new { s.Namespace, s.App, s.Operation, s.EndTime, s.DurationSeconds, s.Failed, s.FileGroups }).AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            aggregator.AddSession(s.Namespace, s.App, s.Operation, s.EndTime, s.DurationSeconds, s.Failed);
            aggregator.AddOperations(s.Namespace, s.App, s.EndTime, SessionColumns.ReadFileGroups(s.FileGroups));
        }

        var apps = await AppRowsAsync(context, query, cancellationToken);
        return new SessionAggregates
        {
            From = from,
            To = to,
            BucketSeconds = width,
            Count = aggregator.Count,
            Failures = aggregator.Failures,
            Buckets = aggregator.Buckets(),
            Operations = aggregator.Operations(),
            Apps = [.. apps.Select(a => Summary(a, aggregator.App(a.Namespace, a.App, a.Operation)))],
        };
    }

    private static async Task<List<AppRow>> AppRowsAsync(JournalContext context, SessionQuery query, CancellationToken cancellationToken)
    {
        var apps = context.Apps.AsNoTracking();
        if (query.Namespaces.Count > 0)
        {
            apps = apps.Where(a => query.Namespaces.Contains(a.Namespace));
        }

        if (query.Apps.Count > 0)
        {
            apps = apps.Where(a => query.Apps.Contains(a.App));
        }

        if (query.Operations.Count > 0)
        {
            apps = apps.Where(a => query.Operations.Contains(a.Operation));
        }

        return await apps.OrderBy(a => a.Namespace).ThenBy(a => a.App).ThenBy(a => a.Operation != SessionMetrics.BackupOperation).ThenBy(a => a.Operation)
            .ToListAsync(cancellationToken);
    }

    private static AppSummary Summary(AppRow app, SessionAggregator.Durations? durations) => new()
    {
        Namespace = app.Namespace,
        App = app.App,
        Operation = app.Operation,
        Count = durations?.Count ?? 0,
        Failures = durations?.Failures ?? 0,
        P50Seconds = durations?.Quantile(0.5),
        P95Seconds = durations?.Quantile(0.95),
        MaxSeconds = durations?.Quantile(1),
        LastSuccessTime = RowMapping.Time(app.LastSuccessTime),
        LastSessionTime = RowMapping.Time(app.LastSessionTime),
        LastOutcome = RowMapping.OutcomeOf(app.LastFailed),
        FailuresSinceSuccess = app.FailuresSinceSuccess,
        NextRunTime = RowMapping.Time(app.NextRunTime),
        Sample = app.Sample,
    };

    private static IQueryable<SessionRow> Filter(IQueryable<SessionRow> rows, SessionQuery query)
    {
        if (query.From is { } from)
        {
            var milliseconds = from.ToUnixTimeMilliseconds();
            rows = rows.Where(s => s.EndTime >= milliseconds);
        }

        if (query.To is { } to)
        {
            var milliseconds = to.ToUnixTimeMilliseconds();
            rows = rows.Where(s => s.EndTime < milliseconds);
        }

        if (query.Namespaces.Count > 0)
        {
            rows = rows.Where(s => query.Namespaces.Contains(s.Namespace));
        }

        if (query.Apps.Count > 0)
        {
            rows = rows.Where(s => query.Apps.Contains(s.App));
        }

        if (query.Operations.Count > 0)
        {
            rows = rows.Where(s => query.Operations.Contains(s.Operation));
        }

        if (query.Outcome is { } outcome)
        {
            var failed = outcome == SessionOutcome.Failed;
            rows = rows.Where(s => s.Failed == failed);
        }

        return rows;
    }

    private static (long End, long Position) ParseToken(string token)
    {
        var dash = token.LastIndexOf('-');
        return dash > 0
            && long.TryParse(token.AsSpan(0, dash), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var end)
            && long.TryParse(token.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var position)
            ? (end, position)
            : throw new FormatException("Not a continue token.");
    }
}
