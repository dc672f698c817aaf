namespace Stash.Operator.Health;

/// <summary>The tags that say in which paths a check is. A concern adds its own with <c>AddHealthChecks().AddCheck&lt;T&gt;("name", tags: [HealthTags.Ready])</c>.</summary>
internal static class HealthTags
{
    /// <summary><c>/livez</c> and <c>/healthz</c>: only what a restart would mend.</summary>
    public const string Live = "live";

    /// <summary><c>/readyz</c>: what it takes to serve.</summary>
    public const string Ready = "ready";

    /// <summary>Beside the others: it costs nothing and is made anew for whoever asks.</summary>
    public const string Instant = "instant";
}
