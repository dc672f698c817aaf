using System.Collections;
using System.CommandLine;
using System.Globalization;
using Stash.Core.Restics;
using Stash.Operator.Runner;

namespace Stash.Operator.Commands;

/// <summary><c>stash exec</c>: any command, unchanged, and a session of it.</summary>
internal static class ExecCommand
{
    private const int MessageLines = 5;

    public static Command Create()
    {
        Command command = new("exec", "Run a restic command (or any other) unchanged and report it as a session: input, output, exit code and signals pass through. Put the command after --, as: stash exec --name nightly -- restic backup /home");
        Option<string> name = new("--name") { Description = "Name of the sessions, label stash_config.", HelpName = "NAME", Required = true };
        command.Add(name);
        RunnerFlags runner = new(command, kindAlias: "--kind", nameAlias: "--app");
        Argument<string[]> words = new("command") { Description = "The command and its arguments, after --.", Arity = ArgumentArity.OneOrMore, CaptureRemainingTokens = true };
        command.Add(words);
        command.SetAction((result, _) => runner.RunAsync(result, context => RunAsync(context, result.GetRequiredValue(name), result.GetRequiredValue(words)), least: LogLevel.Error));
        return command;
    }

    private static async Task<int> RunAsync(RunnerContext context, string name, string[] command)
    {
        var known = ResticArguments.Of(command);
        // A script that is no restic is taken for the backup it most likely is; restic's other operations have groups of their own.
        var op = known.Op is "backup" or ResticArguments.Unknown ? null : known.Op;
        OngoingSession session = new(context.IdentityOf(new Restic { Name = name }, op), context.Time.GetUtcNow());
        PassThrough child = new(command);
        var exitCode = 0;
        DateTimeOffset end;
        await using (new ProgressReporter(session, context.Gateway, context.Time, context.Logger))
        {
            await session.MeasureAsync(string.Join(", ", known.Paths), known.Op, async () => exitCode = await child.RunAsync());
            end = context.Time.GetUtcNow();
        }

        new SessionRunner(context).Report(session, end > session.Start ? end : session.Start, exitCode == 0 ? null : Failure(known, command[0], exitCode, child), NextRun.None);
        return exitCode;
    }

    private static string Failure(ResticArguments known, string program, int exitCode, PassThrough child)
    {
        var environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(v => KeyValuePair.Create((string)v.Key, (string?)v.Value ?? ""));
        ErrorLines lines = new(Redactor.Of(environment, all: false));
        foreach (var line in child.Errors.Lines(MessageLines))
        {
            lines.Add(line);
        }

        var said = lines.ToString();
        var what = known.Op == ResticArguments.Unknown ? Path.GetFileName(program) : $"restic {known.Op}";
        var how = exitCode is > 128 and < 160
            ? string.Create(CultureInfo.InvariantCulture, $"was ended by signal {exitCode - 128}")
            : string.Create(CultureInfo.InvariantCulture, $"failed (exit code {exitCode})");
        return said.Length == 0 ? $"{what} {how}." : $"{what} {how}: {said}";
    }
}
