namespace Stash.Core.Sessions;

/// <summary>Which sessions: all conditions hold; an empty list holds for all.</summary>
public sealed record SessionQuery
{
    /// <summary>Sessions that ended at or after this.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Sessions that ended before this.</summary>
    public DateTimeOffset? To { get; init; }

    public IReadOnlyList<string> Namespaces { get; init; } = [];

    public IReadOnlyList<string> Apps { get; init; } = [];

    /// <summary>As <see cref="Session.Operation"/>.</summary>
    public IReadOnlyList<string> Operations { get; init; } = [];

    public SessionOutcome? Outcome { get; init; }
}
