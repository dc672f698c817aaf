using System.Text;
using Stash.Core;
using Stash.Core.Exposition;
using Stash.Core.Sessions;

namespace Stash.Operator.Runner;

/// <summary>A pod's labels as the downward API writes them into a file: <c>name="value"</c>, one per line.</summary>
internal static class PodLabels
{
    /// <summary>The grouping labels <c>pod_NAME</c> of all labels but <c>pod-template-hash</c>. Of two that are the same once cleaned, the last counts.</summary>
    /// <exception cref="UserErrorException">The file cannot be read, or a line is no label.</exception>
    public static IReadOnlyList<Label> Read(string path)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"The pod labels file {path} cannot be read: check --pod-labels-file.", exitCode: 2, inner: e);
        }

        SortedDictionary<string, string> labels = new(StringComparer.Ordinal);
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].Trim();
            if (line.Length == 0 || line.StartsWith('#'))
            {
                continue;
            }

            var at = line.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0)
            {
                throw new UserErrorException($"{path}, line {i + 1}: give a label as name=\"value\".", exitCode: 2);
            }

            var name = line[..at].Trim();
            if (name != "pod-template-hash")
            {
                labels[SessionMetrics.PodLabelPrefix + SessionIdentity.LabelName(name)] = SessionIdentity.LabelValue(Unquote(line[(at + 1)..].Trim()));
            }
        }

        return [.. labels.Select(l => new Label(l.Key, l.Value))];
    }

    private static string Unquote(string value)
    {
        if (value is not ['"', .. var inner, '"'])
        {
            return value;
        }

        StringBuilder text = new(inner.Length);
        for (var i = 0; i < inner.Length; i++)
        {
            if (inner[i] == '\\' && i + 1 < inner.Length)
            {
                i++;
                text.Append(inner[i] switch { 'n' => '\n', 't' => '\t', var c => c });
            }
            else
            {
                text.Append(inner[i]);
            }
        }

        return text.ToString();
    }
}
