using System.CommandLine;
using System.CommandLine.Parsing;
using Stash.Core.Monitoring;

namespace Stash.Operator.Commands.Monitoring;

/// <summary>The flags of the settings, named as the installer's. What is not given stays as it is.</summary>
internal sealed class ChangeFlags
{
    private static readonly string Agents = $"{string.Join(", ", MonitoringAgent.All)} (short: builtin, coreos-operator)";

    private readonly Option<string?> _agent = new("--monitoring-agent") { Description = $"Who scrapes: {Agents}.", HelpName = "AGENT" };
    private readonly Option<string?> _backup = Flag("--monitoring-backup", "Whether session metrics are scraped.");
    private readonly Option<string?> _operator = Flag("--monitoring-operator", "Whether operator metrics are scraped.");
    private readonly Option<string?> _namespace = new("--prometheus-namespace") { Description = "Where Prometheus runs; empty for the operator's namespace.", HelpName = "NAMESPACE" };

    private readonly Option<string[]> _labels = new("--servicemonitor-label")
    {
        Description = "Labels that the Prometheus resource selects the ServiceMonitor by; again, or separated by commas, for several. They take the place of all that there are.",
        HelpName = "KEY=VALUE",
    };

    public ChangeFlags(Command command)
    {
        Check(_agent, v => MonitoringAgent.Normalize(v) is null || v.Length == 0 ? $"--monitoring-agent is \"{v}\": give one of {Agents}." : null);
        Check(_namespace, v => v.Length > 0 && KubernetesNames.NamespaceError(v) is { } error ? $"--prometheus-namespace: {error}" : null);
        _labels.Validators.Add(result => Report(result, result.Tokens.SelectMany(t => Parts(t.Value)).Select(LabelError).FirstOrDefault(e => e is not null)));
        foreach (var option in new Option[] { _agent, _backup, _operator, _namespace, _labels })
        {
            command.Add(option);
        }
    }

    /// <summary>Whether none was given.</summary>
    public bool AreMissing(ParseResult result) =>
        new Option[] { _agent, _backup, _operator, _namespace, _labels }.All(o => result.GetResult(o) is null or { Implicit: true });

    /// <summary>Of settings, those with the flags' values in place of theirs.</summary>
    public Func<MonitoringSpec, MonitoringSpec> Change(ParseResult result) => spec => spec with
    {
        Agent = result.GetValue(_agent) is { } agent ? MonitoringAgent.Normalize(agent)! : spec.Agent,
        Backup = Given(result, _backup) ?? spec.Backup,
        Operator = Given(result, _operator) ?? spec.Operator,
        Prometheus = result.GetValue(_namespace) is { } name ? new PrometheusSpec { Namespace = name } : spec.Prometheus,
        ServiceMonitor = result.GetResult(_labels) is { Implicit: false } labels
            ? new ServiceMonitorSpec { Labels = labels.Tokens.SelectMany(t => Parts(t.Value)).Select(p => p.Split('=', 2)).GroupBy(p => p[0], StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Last()[1], StringComparer.Ordinal) }
            : spec.ServiceMonitor,
    };

    /// <summary>With no value it is switched on, as the installer has it.</summary>
    private static Option<string?> Flag(string name, string description)
    {
        Option<string?> option = new(name) { Description = description, HelpName = "true|false", Arity = ArgumentArity.ZeroOrOne };
        Check(option, v => v is "true" or "false" ? null : $"{name} is \"{v}\": give true or false.");
        return option;
    }

    private static bool? Given(ParseResult result, Option<string?> option) => result.GetResult(option) is { Implicit: false } given ? given.Tokens is not [{ Value: "false" }] : null;

    private static void Check(Option<string?> option, Func<string, string?> error) => option.Validators.Add(result =>
    {
        if (result.Tokens is [var token])
        {
            Report(result, error(token.Value));
        }
    });

    private static void Report(SymbolResult result, string? error)
    {
        if (error is not null)
        {
            result.AddError(error);
        }
    }

    private static string[] Parts(string text) => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static string? LabelError(string part) => part.Split('=', 2) is [var key, var value]
        ? (KubernetesNames.LabelKeyError(key) ?? KubernetesNames.LabelValueError(key, value)) is { } error ? $"--servicemonitor-label: {error}" : null
        : $"--servicemonitor-label is \"{part}\": give KEY=VALUE, as release=prometheus.";
}
