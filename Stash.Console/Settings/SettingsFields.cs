using Stash.Core.Monitoring;

namespace Stash.Console.Settings;

/// <summary>Settings as a flat list of named values: what two people's edits are compared and joined by.</summary>
internal static class SettingsFields
{
    private const string Agent = "Agent";
    private const string Backup = "Session metrics";
    private const string Operator = "Operator metrics";
    private const string Namespace = "Prometheus namespace";
    private const string LabelPrefix = "Label ";
    private const string On = "on";
    private const string Off = "off";

    public static bool Equal(MonitoringSpec a, MonitoringSpec b) => MonitoringYaml.SpecBlock(MonitoringValidation.Canonical(a)) == MonitoringYaml.SpecBlock(MonitoringValidation.Canonical(b));

    /// <summary>Values by name, in the order of the form. A label that is not there has none.</summary>
    public static IReadOnlyDictionary<string, string> Of(MonitoringSpec spec)
    {
        OrderedDictionary<string, string> fields = new(StringComparer.Ordinal)
        {
            [Agent] = MonitoringAgent.Normalize(spec.Agent) ?? spec.Agent,
            [Backup] = spec.Backup ? On : Off,
            [Operator] = spec.Operator ? On : Off,
            [Namespace] = spec.Prometheus.Namespace,
        };
        foreach (var (key, value) in spec.ServiceMonitor.Labels.OrderBy(l => l.Key, StringComparer.Ordinal))
        {
            fields[LabelPrefix + key] = value;
        }

        return fields;
    }

    /// <summary>What differs between two edits of the same settings.</summary>
    public static IReadOnlyList<SettingsDifference> Differences(MonitoringSpec before, MonitoringSpec mine, MonitoringSpec theirs)
    {
        var (b, m, t) = (Of(before), Of(mine), Of(theirs));
        return [.. b.Keys.Concat(m.Keys).Concat(t.Keys).Distinct(StringComparer.Ordinal)
            .Select(name => new SettingsDifference(name, b.GetValueOrDefault(name), m.GetValueOrDefault(name), t.GetValueOrDefault(name)))
            .Where(d => d.Mine != d.Theirs)];
    }

    /// <summary>Theirs, with what was changed in mine since <paramref name="before"/> on top.</summary>
    public static MonitoringSpec Join(MonitoringSpec before, MonitoringSpec mine, MonitoringSpec theirs)
    {
        var (b, m, t) = (Of(before), Of(mine), Of(theirs));
        Dictionary<string, string> joined = new(StringComparer.Ordinal);
        foreach (var name in b.Keys.Concat(m.Keys).Concat(t.Keys).Distinct(StringComparer.Ordinal))
        {
            var changed = m.GetValueOrDefault(name) != b.GetValueOrDefault(name);
            if ((changed ? m : t).TryGetValue(name, out var value))
            {
                joined[name] = value;
            }
        }

        return MonitoringValidation.Canonical(new MonitoringSpec
        {
            Agent = joined[Agent],
            Backup = joined[Backup] == On,
            Operator = joined[Operator] == On,
            Prometheus = new PrometheusSpec { Namespace = joined[Namespace] },
            ServiceMonitor = new ServiceMonitorSpec
            {
                Labels = joined.Where(f => f.Key.StartsWith(LabelPrefix, StringComparison.Ordinal))
                    .ToDictionary(f => f.Key[LabelPrefix.Length..], f => f.Value, StringComparer.Ordinal),
            },
        });
    }
}
