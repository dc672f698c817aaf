using System.Text;
using Stash.Core.Exposition;
using Stash.Core.Sessions;

namespace Stash.Core.Gateway;

/// <summary>Reads the samples of a restic session out of a push.</summary>
internal static class SessionSamples
{
    private static readonly byte[] Prefix = Encoding.ASCII.GetBytes(SessionMetrics.Prefix);

    /// <summary>The samples of the families named <c>restic_session_*</c>, with the group's labels over their own.</summary>
    public static IReadOnlyList<PushedSample> Of(LogRecord record)
    {
        if (record.Text.Span.IndexOf(Prefix) < 0)
        {
            return [];
        }

        List<PushedSample> samples = [];
        foreach (var family in TextParser.Parse(record.Text.Span))
        {
            if (family.Name.StartsWith(SessionMetrics.Prefix, StringComparison.Ordinal) && family.Type is not (MetricType.Histogram or MetricType.Summary))
            {
                samples.AddRange(family.Metrics.Select(m => new PushedSample(family.Name, Labels(m, record.Labels), m.Value)));
            }
        }

        return samples;
    }

    private static Label[] Labels(Metric metric, IReadOnlyList<Label> group) =>
        [.. metric.Labels.Where(l => !group.Any(g => g.Name == l.Name)).Concat(group).OrderBy(l => l.Name, StringComparer.Ordinal)];
}
