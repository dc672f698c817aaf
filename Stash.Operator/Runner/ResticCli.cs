using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Stash.Core;

namespace Stash.Operator.Runner;

/// <summary>What a run of restic came to.</summary>
/// <param name="Operation">Its subcommand.</param>
/// <param name="ExitCode">Its exit code; 128 and the signal's number where one ended it.</param>
/// <param name="Errors">What it wrote to standard error, redacted.</param>
internal sealed record ResticResult(string Operation, int ExitCode, ErrorLines Errors)
{
    /// <exception cref="UserErrorException">restic failed: its own words.</exception>
    public void MustSucceed()
    {
        if (ExitCode == 0)
        {
            return;
        }

        var said = Errors.ToString();
        throw new UserErrorException(ExitCode == 3 && Operation == "backup"
            ? $"restic could not read all files: {said}"
            : string.Create(CultureInfo.InvariantCulture, $"restic {Operation} failed (exit code {ExitCode}): {(said.Length == 0 ? "it gave no reason." : said)}"));
    }
}

/// <summary>Runs restic on one repository.</summary>
internal sealed partial class ResticCli(RepositoryAccess access, ILogger logger, CancellationToken abort)
{
    // A restic that does not answer its signal within this is killed. Kubernetes gives a pod 30 seconds.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(20);

    /// <summary>restic was ended before its time, and its lock not looked for since.</summary>
    public bool MayHaveLeftLock { get; private set; }

    /// <summary>Runs a subcommand until it ends.</summary>
    /// <param name="arguments">The subcommand and its arguments; none of them secret.</param>
    /// <param name="onLine">Gets each line of standard output.</param>
    /// <param name="cancellationToken">Sends SIGINT, on which restic takes its lock away and ends.</param>
    /// <exception cref="UserErrorException">restic cannot be started.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled, and has ended.</exception>
    public async Task<ResticResult> RunAsync(IReadOnlyList<string> arguments, Action<string>? onLine, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var process = Start(arguments);
        ErrorLines errors = new(access.Redactor);
        var reading = Task.WhenAll(ReadAsync(process.StandardOutput, onLine ?? (_ => { })), ReadAsync(process.StandardError, line =>
        {
            // That there is no repository yet is no warning; where it is, the session fails with these words.
            if (errors.Add(line) is { } shown && arguments is not ["snapshots", ..])
            {
                LogErrorLine(arguments[0], shown);
            }
        }));
        try
        {
            await process.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            await EndAsync(process);
            // Killed, or interrupted within the moment between making its lock and noting that it has one.
            MayHaveLeftLock = true;
        }

        // A helper that restic started (ssh, a password command) may hold the pipes longer than restic lives.
        await Task.WhenAny(reading, Task.Delay(TimeSpan.FromSeconds(5), CancellationToken.None));
        if (MayHaveLeftLock && arguments is not ["unlock"] && !abort.IsCancellationRequested)
        {
            await UnlockAsync();
        }

        if (process.ExitCode != 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        return new ResticResult(arguments[0], process.ExitCode, errors);
    }

    /// <summary>Takes away locks whose process on this host is gone; never another's.</summary>
    public async Task UnlockAsync()
    {
        using CancellationTokenSource limit = new(Grace);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, abort);
        try
        {
            if ((await RunAsync(["unlock"], null, either.Token)).ExitCode == 0)
            {
                MayHaveLeftLock = false;
            }
            else
            {
                LogUnlockFailed();
            }
        }
        catch (Exception e) when (e is OperationCanceledException or UserErrorException)
        {
            LogUnlockFailed();
        }
    }

    private Process Start(IReadOnlyList<string> arguments)
    {
        ProcessStartInfo start = new(Executables.Restic())
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in arguments.Concat(access.GlobalArguments))
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in access.Environment)
        {
            if (value is null)
            {
                start.Environment.Remove(name);
            }
            else
            {
                start.Environment[name] = value;
            }
        }

        try
        {
            var process = Process.Start(start)!;
            // restic must never wait for a password that nobody types.
            process.StandardInput.Close();
            return process;
        }
        catch (Win32Exception e)
        {
            throw new UserErrorException($"{start.FileName} cannot be started: install restic anew (Debian: apt-get install restic).", inner: e);
        }
    }

    private async Task EndAsync(Process process)
    {
        Signals.Send(process.Id, Signals.Interrupt);
        using CancellationTokenSource limit = new(Grace);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, abort);
        try
        {
            await process.WaitForExitAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    private static async Task ReadAsync(StreamReader reader, Action<string> onLine)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            onLine(line);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "restic {Operation}: {Line}")]
    private partial void LogErrorLine(string operation, string line);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The lock that restic left in the repository could not be taken away; the next session tries again.")]
    private partial void LogUnlockFailed();
}
