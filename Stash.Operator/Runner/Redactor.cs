using Stash.Core.Restics;

namespace Stash.Operator.Runner;

/// <summary>Takes secrets out of a text before it goes to a log, a message or a metric.</summary>
internal sealed class Redactor
{
    private readonly string[] _secrets;

    private Redactor(IEnumerable<string> secrets) =>
        _secrets = [.. secrets.Where(s => s.Length > 0).Distinct(StringComparer.Ordinal).OrderByDescending(s => s.Length)];

    /// <param name="values">Environment variables or a secret's keys.</param>
    /// <param name="all">All of them are secret, not only those whose name says so.</param>
    public static Redactor Of(IEnumerable<KeyValuePair<string, string>> values, bool all) =>
        new(values.Where(v => IsSecret(v.Key) ? all || v.Value.Length >= 4 || v.Key == "RESTIC_PASSWORD" : all && v.Value.Length >= 4 && !IsSetting(v.Key)).SelectMany(v => Forms(v.Value)));

    public Redactor With(Redactor other) => new(_secrets.Concat(other._secrets));

    public string Redact(string text)
    {
        foreach (var secret in _secrets)
        {
            text = text.Replace(secret, "***", StringComparison.Ordinal);
        }

        return Credentials.Without(text);
    }

    private static bool IsSecret(string name) =>
        !name.EndsWith("_FILE", StringComparison.Ordinal) && !name.EndsWith("_COMMAND", StringComparison.Ordinal) && !name.EndsWith("_KEY_ID", StringComparison.Ordinal)
        && (name.Contains("PASSWORD", StringComparison.OrdinalIgnoreCase) || name.Contains("SECRET", StringComparison.OrdinalIgnoreCase)
            || name.Contains("TOKEN", StringComparison.OrdinalIgnoreCase) || name.EndsWith("_KEY", StringComparison.OrdinalIgnoreCase)
            || name.EndsWith("_CREDENTIAL", StringComparison.OrdinalIgnoreCase));

    // What says how to reach a service is no secret, and "2" or "default" would make holes in every message.
    private static bool IsSetting(string name) =>
        name.EndsWith("_VERSION", StringComparison.Ordinal) || name.EndsWith("_REGION", StringComparison.Ordinal) || name.EndsWith("_REGION_NAME", StringComparison.Ordinal)
        || name.EndsWith("_URL", StringComparison.Ordinal) || name.EndsWith("_FILE", StringComparison.Ordinal) || name.EndsWith("_COMMAND", StringComparison.Ordinal)
        || name == "CA_CERT_DATA";

    // As it is, as a URL holds it, and the lines of one that has several: a message quotes a line.
    private static IEnumerable<string> Forms(string value)
    {
        yield return value;
        yield return Uri.EscapeDataString(value);
        if (value.Contains('\n', StringComparison.Ordinal))
        {
            foreach (var line in value.Split('\n', StringSplitOptions.TrimEntries).Where(l => l.Length >= 8))
            {
                yield return line;
            }
        }
    }
}
