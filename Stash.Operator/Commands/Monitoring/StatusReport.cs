using System.Globalization;
using Stash.Core.Monitoring;

namespace Stash.Operator.Commands.Monitoring;

/// <summary>Settings and what became of them, for people.</summary>
/// <param name="manifest">They, with their status.</param>
/// <param name="idle">Why nobody puts them into effect; null where somebody does.</param>
internal sealed class StatusReport(MonitoringManifest manifest, string? idle)
{
    /// <summary>Whether they are in effect, and nothing is wrong.</summary>
    public bool IsWell => Problem is null;

    private MonitoringStatus Status => manifest.Status ?? new();

    private string? Problem => idle
        ?? (Status.Error is { } error ? error : null)
        ?? (IsObserved(manifest) ? null : "No operator has taken up this change yet: see that the Stash operator runs.")
        ?? Status.Conditions.FirstOrDefault(c => c.IsProblem())?.Message;

    /// <summary>Whether the status is about the settings as they are now.</summary>
    public static bool IsObserved(MonitoringManifest manifest) => manifest.Metadata.Generation is not { } generation || manifest.Status?.ObservedGeneration >= generation;

    /// <summary>In a line.</summary>
    public static string Summary(MonitoringSpec spec) => $"agent {spec.Agent}, backup {Text(spec.Backup)}, operator {Text(spec.Operator)}, Prometheus in {Where(spec)}, labels {Labels(spec)}";

    /// <param name="place">Where they are.</param>
    public void Write(string place)
    {
        var spec = manifest.Spec;
        Field("Settings", place);
        Field("Agent", spec.Agent);
        Field("Backup", Text(spec.Backup));
        Field("Operator", Text(spec.Operator));
        Field("Prometheus", Where(spec));
        Field("Labels", Labels(spec));
        Field("In effect", IsWell ? $"yes{(Status.AppliedTime is { } time ? string.Create(CultureInfo.InvariantCulture, $", since {time.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}") : "")}" : $"no. {Problem}");
        if (Status.Conditions.Count > 0)
        {
            Console.WriteLine();
            WriteConditions();
        }

        if (Status.Prometheuses.Count > 0)
        {
            Console.WriteLine();
            Table.Write([["PROMETHEUS", "SELECTS", "BY"], .. Status.Prometheuses.Select(p => new[] { $"{p.Namespace}/{p.Name}", p.Selected, p.Selector switch { null => "nothing", "" => "everything", var s => s } })]);
            foreach (var finding in Status.Prometheuses.SelectMany(p => p.Findings).Distinct(StringComparer.Ordinal))
            {
                Console.WriteLine($"  {finding}");
            }
        }

        if (Status.Created.Count > 0)
        {
            Console.WriteLine();
            Console.WriteLine("CREATED");
            foreach (var created in Status.Created)
            {
                Console.WriteLine(created);
            }
        }
    }

    /// <summary>Each condition, or, where there are none, what is wrong.</summary>
    public void WriteConditions()
    {
        if (Status.Conditions.Count > 0 && IsObserved(manifest))
        {
            Table.Write([["CONDITION", "STATUS", "REASON", "MESSAGE"], .. Status.Conditions.Select(c => new[] { c.Type, c.Status, c.Reason, c.Message })]);
        }
        else
        {
            Console.WriteLine(Problem ?? "In effect.");
        }
    }

    private static string Where(MonitoringSpec spec) => spec.Prometheus.Namespace.Length > 0 ? $"namespace {spec.Prometheus.Namespace}" : "the operator's namespace";

    private static string Labels(MonitoringSpec spec) => spec.ServiceMonitor.Labels.Count > 0 ? string.Join(',', spec.ServiceMonitor.Labels.Select(l => $"{l.Key}={l.Value}")) : "none";

    private static string Text(bool value) => value ? "true" : "false";

    private static void Field(string name, string value) => Console.WriteLine($"{name + ":",-12} {value}".TrimEnd());
}
