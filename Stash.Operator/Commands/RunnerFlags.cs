using System.CommandLine;
using Microsoft.Extensions.Logging.Console;
using Stash.Operator.Runner;

namespace Stash.Operator.Commands;

/// <summary>The flags that all commands of the session runner have.</summary>
internal sealed class RunnerFlags
{
    private readonly Option<string> _gateway = new("--pushgateway-url")
    {
        Description = "The push gateway that gets the sessions' metrics.",
        HelpName = "URL",
        DefaultValueFactory = _ => "http://127.0.0.1:56789",
    };

    private readonly Option<string?> _state = new("--state-dir")
    {
        Description = "Where the runner remembers the last success, keeps reports that are not delivered yet, and locks repositories. Default: $XDG_STATE_HOME/stash, else ~/.local/state/stash.",
        HelpName = "DIR",
    };

    private readonly Option<string?> _scratch = new("--scratch-dir")
    {
        Description = "Where restic's cache is. Default: $XDG_CACHE_HOME/stash, else ~/.cache/stash.",
        HelpName = "DIR",
    };

    private readonly Option<double> _timeout = new("--push-timeout")
    {
        Description = "Seconds that the end of the command waits for a push gateway that is away.",
        HelpName = "SECONDS",
        DefaultValueFactory = _ => 15,
    };

    private readonly Option<string?> _podLabels = new("--pod-labels-file")
    {
        Description = "Labels of the pod as the downward API writes them (name=\"value\" per line); each becomes the grouping label pod_NAME.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _namespace = new("--namespace") { HelpName = "NAMESPACE" };
    private readonly Option<string?> _kind;
    private readonly Option<string?> _name;

    /// <param name="command">Gets the flags.</param>
    /// <param name="kindAlias">Another name of <c>--workload-kind</c>.</param>
    /// <param name="nameAlias">Another name of <c>--workload-name</c>.</param>
    public RunnerFlags(Command command, string? kindAlias = null, string? nameAlias = null)
    {
        _namespace.Description = $"Namespace of the sessions. Default: the resource's metadata.namespace, else {RunnerContext.DefaultNamespace}.";
        _kind = new Option<string?>(kindAlias ?? "--workload-kind", kindAlias is null ? [] : ["--workload-kind"])
        {
            Description = $"Kind of the workload, label kind. Default: {RunnerContext.DefaultKind}.",
            HelpName = "KIND",
        };
        _name = new Option<string?>(nameAlias ?? "--workload-name", nameAlias is null ? [] : ["--workload-name"])
        {
            Description = "Name of the workload, label app and restic's --host. Default: the Restic's name.",
            HelpName = "NAME",
        };
        foreach (var option in (Option[])[_gateway, _namespace, _kind, _name, _podLabels, _state, _scratch, _timeout])
        {
            command.Add(option);
        }
    }

    /// <summary>Runs a command of the session runner: its log on standard error, its signals, and at its end the delivery of its reports.</summary>
    /// <param name="result">The parsed command line.</param>
    /// <param name="run">Returns the exit code.</param>
    /// <param name="quiet">Log warnings and errors only.</param>
    /// <param name="signals">Null for the usual ones.</param>
    public async Task<int> RunAsync(ParseResult result, Func<RunnerContext, Task<int>> run, bool quiet = false, StopSignals? signals = null)
    {
        using var own = signals ?? new StopSignals();
        using var logs = LoggerFactory.Create(builder => builder
            .SetMinimumLevel(quiet ? LogLevel.Warning : LogLevel.Information)
            .AddConsole(console =>
            {
                console.FormatterName = LineFormatter.FormatterName;
                // Standard output belongs to what the command prints.
                console.LogToStandardErrorThreshold = LogLevel.Trace;
            })
            .AddConsoleFormatter<LineFormatter, ConsoleFormatterOptions>()
            .Services.AddSingleton(TimeProvider.System));
        await using var context = RunnerContext.Open(Settings(result), own, TimeProvider.System, logs.CreateLogger("Stash"));
        var exitCode = await run(context);
        await context.EndAsync();
        return exitCode;
    }

    private RunnerSettings Settings(ParseResult result) => new()
    {
        GatewayUrl = result.GetRequiredValue(_gateway),
        StateDirectory = result.GetValue(_state),
        ScratchDirectory = result.GetValue(_scratch),
        PodLabelsFile = result.GetValue(_podLabels),
        Namespace = result.GetValue(_namespace),
        WorkloadKind = result.GetValue(_kind),
        WorkloadName = result.GetValue(_name),
        PushTimeout = TimeSpan.FromSeconds(Math.Clamp(result.GetRequiredValue(_timeout), 0, 86_400)),
    };
}
