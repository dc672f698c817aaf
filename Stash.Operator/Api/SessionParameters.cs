using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.Extensions.Primitives;
using Stash.Core.Api;
using Stash.Core.Sessions;

namespace Stash.Operator.Api;

/// <summary>The query parameters of the session endpoints. A name that is not known is refused: a misspelt filter must not give everything.</summary>
internal sealed record SessionParameters
{
    public const int DefaultLimit = 100;
    public const int MaxLimit = 5000;

    private static readonly string[] Filters = ["namespace", "app", "operation", "outcome", "from", "to"];

    public required SessionQuery Query { get; init; }

    /// <summary>Sessions of one page.</summary>
    public required int Limit { get; init; }

    public required string Continue { get; init; }

    /// <summary>Width of a bucket in seconds; null lets the range decide.</summary>
    public required int? BucketSeconds { get; init; }

    /// <param name="query">The request's.</param>
    /// <param name="others">Parameters that are known beside the filters.</param>
    /// <param name="result">What they say.</param>
    /// <param name="error">What is wrong.</param>
    public static bool TryRead(IQueryCollection query, string[] others, [NotNullWhen(true)] out SessionParameters? result, [NotNullWhen(false)] out KubernetesStatus? error)
    {
        result = null;
        foreach (var name in query.Keys)
        {
            if (!Filters.Contains(name, StringComparer.Ordinal) && !others.Contains(name, StringComparer.Ordinal))
            {
                error = ApiStatus.UnknownParameter(name, [.. Filters, .. others]);
                return false;
            }
        }

        SessionOutcome? outcome = null;
        var outcomeText = query["outcome"].ToString();
        if (outcomeText.Length > 0)
        {
            if (!Enum.GetNames<SessionOutcome>().Contains(outcomeText, StringComparer.OrdinalIgnoreCase))
            {
                error = ApiStatus.BadParameter("outcome", outcomeText, "Succeeded or Failed");
                return false;
            }

            outcome = Enum.Parse<SessionOutcome>(outcomeText, ignoreCase: true);
        }

        if (!TryTime(query, "from", out var from, out error) || !TryTime(query, "to", out var to, out error)
            || !TryNumber(query, "limit", 0, out var limit, out error) || !TryNumber(query, "bucketSeconds", 1, out var bucket, out error))
        {
            return false;
        }

        if (from > to)
        {
            error = ApiStatus.BadParameter("from", query["from"].ToString(), "a time before to");
            return false;
        }

        result = new SessionParameters
        {
            Query = new SessionQuery { Namespaces = Values(query["namespace"]), Apps = Values(query["app"]), Operations = Values(query["operation"]), Outcome = outcome, From = from, To = to },
            Limit = limit is null or 0 ? DefaultLimit : Math.Min(limit.Value, MaxLimit),
            Continue = query["continue"].ToString(),
            BucketSeconds = bucket,
        };
        return true;
    }

    private static string[] Values(StringValues values) =>
        [.. values.SelectMany(v => (v ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).Distinct(StringComparer.Ordinal)];

    private static bool TryTime(IQueryCollection query, string name, out DateTimeOffset? time, [NotNullWhen(false)] out KubernetesStatus? error)
    {
        time = null;
        error = null;
        // A '+' of an offset arrives as a space where the client did not encode it.
        var text = query[name].ToString().Trim().Replace(' ', '+');
        if (text.Length == 0)
        {
            return true;
        }

        string[] formats = ["yyyy-MM-ddTHH:mm:ss.FFFFFFFK", "yyyy-MM-ddTHH:mmK", "yyyy-MM-dd"];
        if (DateTimeOffset.TryParseExact(text, formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var parsed))
        {
            time = parsed;
            return true;
        }

        error = ApiStatus.BadParameter(name, text, "a time as 2026-11-23T08:00:00Z");
        return false;
    }

    private static bool TryNumber(IQueryCollection query, string name, int min, out int? number, [NotNullWhen(false)] out KubernetesStatus? error)
    {
        number = null;
        error = null;
        var text = query[name].ToString();
        if (text.Length == 0)
        {
            return true;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed) && parsed >= min)
        {
            number = parsed;
            return true;
        }

        error = ApiStatus.BadParameter(name, text, string.Create(CultureInfo.InvariantCulture, $"a whole number from {min}"));
        return false;
    }
}
