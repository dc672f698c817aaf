using System.Text;
using Stash.Core.Exposition;
using Stash.Core.Sessions;

namespace Stash.Operator.Runner;

/// <summary>Which series a session's push belongs to: job name and grouping labels, as Stash 0.8.3's sidecar makes them.</summary>
internal sealed record SessionIdentity
{
    public required string Namespace { get; init; }

    /// <summary>The Restic's name.</summary>
    public required string Restic { get; init; }

    /// <summary>The workload's name.</summary>
    public required string App { get; init; }

    /// <summary>The workload's kind.</summary>
    public required string Kind { get; init; }

    /// <summary>Grouping labels <c>pod_*</c>.</summary>
    public IReadOnlyList<Label> PodLabels { get; init; } = [];

    /// <summary>
    /// The operation of a session that is not a backup (<c>check</c>, <c>forget</c>, <c>restore</c> …): the grouping label
    /// <c>session</c>, so that its push does not replace the backup's group. Null for a backup. The label is not <c>op</c>: a backup's
    /// own <c>op="forget"</c> sample would then be the same series twice.
    /// </summary>
    public string? Op { get; init; }

    /// <summary><see cref="Op"/> by name, also a backup's.</summary>
    public string Operation => Op ?? SessionMetrics.BackupOperation;

    public string Job => LabelValue($"{Namespace}-{Restic}");

    public bool Sample => PodLabels.Any(l => l is { Name: SessionMetrics.SampleLabel, Value: "true" });

    /// <summary>The grouping labels but <c>job</c>, sorted by name.</summary>
    public IReadOnlyList<Label> Labels()
    {
        List<Label> labels =
        [
            new(SessionMetrics.AppLabel, LabelValue(App)),
            new(SessionMetrics.KindLabel, LabelValue(Kind)),
            new(SessionMetrics.NamespaceLabel, LabelValue(Namespace)),
            new(SessionMetrics.ResticLabel, LabelValue(Restic)),
            .. PodLabels,
        ];
        if (Op is not null)
        {
            labels.Add(new(SessionMetrics.SessionLabel, Op));
        }

        labels.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return labels;
    }

    /// <summary>The path of the group on a push gateway. A value that a path cannot carry as it is goes as base64.</summary>
    public string PushPath()
    {
        StringBuilder path = new("/metrics");
        Append(path, SessionMetrics.JobLabel, Job);
        foreach (var label in Labels())
        {
            Append(path, label.Name, label.Value);
        }

        return path.ToString();
    }

    /// <summary>A value with <c>|</c> in place of <c>/</c>.</summary>
    public static string LabelValue(string value) => value.Replace('/', '|');

    /// <summary>A name with <c>_</c> in place of each character that a label's name cannot have.</summary>
    public static string LabelName(string name) =>
        string.Create(name.Length, name, (span, n) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = char.IsAsciiLetterOrDigit(n[i]) ? n[i] : '_';
            }
        });

    private static void Append(StringBuilder path, string name, string value)
    {
        path.Append('/').Append(name);
        // A value of dots alone would be taken for a step in the path.
        if (value.Length > 0 && value.Trim('.').Length > 0 && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
        {
            path.Append('/').Append(value);
        }
        else
        {
            var encoded = System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(value));
            path.Append("@base64/").Append(encoded.Length == 0 ? "=" : encoded);
        }
    }
}
