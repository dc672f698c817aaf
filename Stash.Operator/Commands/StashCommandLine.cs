using System.CommandLine;
using System.CommandLine.Invocation;
using Stash.Core;
using Stash.Operator.Commands.Monitoring;

namespace Stash.Operator.Commands;

/// <summary>The command line of <c>stash</c>: its commands, and what a person sees of an error.</summary>
internal static class StashCommandLine
{
    /// <summary>Every command, in the order of <c>--help</c>.</summary>
    private static readonly Func<Command>[] Commands =
    [
        RunCommand.Create,
        GatewayCommand.Create,
        BackupCommand.Create,
        RecoverCommand.Create,
        CheckCommand.Create,
        ForgetCommand.Create,
        SnapshotsCommand.Create,
        ExecCommand.Create,
        CertificateCommand.Create,
        MonitoringCommand.Create,
        VersionCommand.Create,
    ];

    /// <summary>Runs what the arguments ask for.</summary>
    /// <returns>0, 1 for a failure, 2 for wrong usage, or what the command gives back.</returns>
    public static async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        // No response files: an argument that begins with @ is the user's, also one that is passed on to restic.
        var result = Root().Parse(GatewayFlags.WithEmptyValues(args), new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (result.Action is ParseErrorAction)
        {
            await WriteUsageErrorAsync(result);
            return 2;
        }

        try
        {
            // Signals are ours: commands decide how long they take to end.
            return await result.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, cancellationToken);
        }
        catch (UserErrorException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return e.ExitCode;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("Interrupted.");
            return 1;
        }
        catch (Exception e)
        {
            await UnexpectedError.WriteAsync(e);
            return 1;
        }
    }

    private static RootCommand Root()
    {
        var root = new RootCommand("Monitoring and an admin console for restic backups.");
        foreach (var option in root.Options.OfType<VersionOption>())
        {
            option.Action = new VersionCommand.Action();
        }

        foreach (var create in Commands)
        {
            root.Add(create());
        }

        return root;
    }

    private static async Task WriteUsageErrorAsync(ParseResult result)
    {
        var names = new Stack<string>();
        for (var command = result.CommandResult; command is not null; command = command.Parent as System.CommandLine.Parsing.CommandResult)
        {
            names.Push(command.Parent is null ? "stash" : command.Command.Name);
        }

        var name = string.Join(' ', names);
        var message = result switch
        {
            { UnmatchedTokens: [var token, ..] } => $"there is no command or option \"{token}\".",
            { CommandResult.Command: { Action: null, Subcommands: { Count: > 0 } commands } } => $"give a command, one of {string.Join(", ", commands.Select(c => c.Name))}.",
            _ => result.Errors[0].Message,
        };
        await Console.Error.WriteLineAsync($"{name}: {message}");
        await Console.Error.WriteLineAsync($"See {name} --help.");
    }
}
