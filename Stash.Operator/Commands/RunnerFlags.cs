using System.CommandLine;
using Stash.Operator.Runner;

namespace Stash.Operator.Commands;

/// <summary>The flags that all commands of the session runner have.</summary>
internal sealed class RunnerFlags
{
    private const string DefaultGateway = "http://127.0.0.1:56789";

    private readonly Option<string> _gateway = new("--pushgateway-url")
    {
        Description = "The push gateway that gets the sessions' metrics.",
        HelpName = "URL",
        DefaultValueFactory = _ => DefaultGateway,
    };

    private readonly Option<string?> _token = new("--pushgateway-token-file")
    {
        Description = "A file with the bearer token that the push gateway asks for, mode 0600. Read at each push.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _user = new("--pushgateway-user-file")
    {
        Description = "A file with USER:PASSWORD for the push gateway's basic authentication, mode 0600. Read at each push.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _authority = new("--pushgateway-ca-file")
    {
        Description = "The authority of the push gateway's certificate, in PEM. Default: those of the system.",
        HelpName = "FILE",
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
    private readonly bool _reports;

    /// <param name="command">Gets the flags.</param>
    /// <param name="kindAlias">Another name of <c>--workload-kind</c>.</param>
    /// <param name="nameAlias">Another name of <c>--workload-name</c>.</param>
    /// <param name="reports">False for a command that has no sessions, and so no flags about reporting them.</param>
    public RunnerFlags(Command command, string? kindAlias = null, string? nameAlias = null, bool reports = true)
    {
        _reports = reports;
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
        _token.Validators.Add(result =>
        {
            if (!result.Implicit && result.GetResult(_user) is { Implicit: false })
            {
                result.AddError("--pushgateway-token-file and --pushgateway-user-file exclude each other: give one of them.");
            }
        });
        foreach (var option in reports ? (Option[])[_gateway, _token, _user, _authority, _namespace, _kind, _name, _podLabels, _state, _scratch, _timeout] : [_scratch])
        {
            command.Add(option);
        }
    }

    /// <summary>Runs a command of the session runner: its log on standard error, its signals, and at its end the delivery of its reports.</summary>
    /// <param name="result">The parsed command line.</param>
    /// <param name="run">Returns the exit code.</param>
    /// <param name="least">What is logged where nobody asks for more.</param>
    public async Task<int> RunAsync(ParseResult result, Func<RunnerContext, Task<int>> run, LogLevel least = LogLevel.Information)
    {
        using StopSignals signals = new();
        using var logs = LoggerFactory.Create(builder => builder
            .SetMinimumLevel(LogDetail.IsWanted ? LogLevel.Debug : least)
            .AddConsole(console =>
            {
                console.FormatterName = LineFormatter.FormatterName;
                // Standard output belongs to what the command prints.
                console.LogToStandardErrorThreshold = LogLevel.Trace;
            })
            .AddConsoleFormatter<LineFormatter, LineFormatterOptions>(o => o.Exceptions = LogDetail.IsWanted)
            .Services.AddSingleton(TimeProvider.System));
        await using var context = RunnerContext.Open(Settings(result), signals, TimeProvider.System, logs.CreateLogger("Stash"));
        if (_reports)
        {
            context.BeginDelivery();
        }

        var exitCode = await run(context);
        await context.EndAsync();
        return exitCode;
    }

    private RunnerSettings Settings(ParseResult result) => new()
    {
        GatewayUrl = _reports ? result.GetRequiredValue(_gateway) : DefaultGateway,
        GatewayAccess = _reports
            ? new GatewayAccess { TokenFile = result.GetValue(_token), UserFile = result.GetValue(_user), AuthorityFile = result.GetValue(_authority) }
            : new GatewayAccess(),
        StateDirectory = result.GetValue(_state),
        ScratchDirectory = result.GetValue(_scratch),
        PodLabelsFile = result.GetValue(_podLabels),
        Namespace = result.GetValue(_namespace),
        WorkloadKind = result.GetValue(_kind),
        WorkloadName = result.GetValue(_name),
        PushTimeout = TimeSpan.FromSeconds(Math.Clamp(_reports ? result.GetRequiredValue(_timeout) : 0, 0, 86_400)),
    };
}
