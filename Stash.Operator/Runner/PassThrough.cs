using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Stash.Operator.Runner;

/// <summary>
/// Runs a command as if this process were not there: standard input and output are its own, its standard error is copied byte for byte
/// (its end is read, too), signals are forwarded, its exit code is given back.
/// </summary>
internal sealed class PassThrough(IReadOnlyList<string> command)
{
    private const int NotFound = 127;
    private const int NotExecutable = 126;

    private static readonly (PosixSignal Signal, int Number)[] Forwarded =
    [
        (PosixSignal.SIGHUP, Signals.Hangup), (PosixSignal.SIGINT, Signals.Interrupt), (PosixSignal.SIGQUIT, Signals.Quit),
        (PosixSignal.SIGTERM, Signals.Terminate), ((PosixSignal)Signals.User1, Signals.User1), ((PosixSignal)Signals.User2, Signals.User2),
    ];

    /// <summary>The end of what the command wrote to standard error.</summary>
    public TailBuffer Errors { get; } = new();

    /// <returns>The exit code; 128 and the signal's number where one ended it; 127 where there is no such command, 126 where it cannot be run.</returns>
    public async Task<int> RunAsync()
    {
        await using var error = Console.OpenStandardError();
        using var process = new Process { StartInfo = new ProcessStartInfo { UseShellExecute = false, RedirectStandardError = true } };
        if (Executables.Find(command[0]) is not { } program)
        {
            return Failed(error, NotFound, "there is no such command on the PATH");
        }

        process.StartInfo.FileName = program;
        foreach (var argument in command.Skip(1))
        {
            process.StartInfo.ArgumentList.Add(argument);
        }

        // Before the start, so that no signal falls between. Those that come too early wait for the process.
        List<int> early = [];
        Lock sending = new();
        var id = 0;
        var registrations = Forwarded.Select(f => PosixSignalRegistration.Create(f.Signal, context =>
        {
            context.Cancel = true;
            lock (sending)
            {
                if (id == 0)
                {
                    early.Add(f.Number);
                }
                else if (id > 0 && !(f.Signal is PosixSignal.SIGINT or PosixSignal.SIGQUIT && Signals.KeyboardReachesChildren()))
                {
                    Signals.Send(id, f.Number);
                }
            }
        })).ToArray();
        try
        {
            process.Start();
            lock (sending)
            {
                id = process.Id;
                early.ForEach(signal => Signals.Send(id, signal));
            }

            var copying = CopyAsync(process.StandardError.BaseStream, error);
            await process.WaitForExitAsync();
            lock (sending)
            {
                id = -1;
            }

            // What the command left running in the background may hold the pipe for as long as it likes.
            await Task.WhenAny(copying, Task.Delay(TimeSpan.FromSeconds(2)));
            return process.ExitCode;
        }
        catch (Win32Exception e)
        {
            return Failed(error, e.NativeErrorCode == 2 ? NotFound : NotExecutable, e.NativeErrorCode == 2 ? "there is no such file" : "it cannot be executed");
        }
        finally
        {
            foreach (var registration in registrations)
            {
                registration.Dispose();
            }
        }
    }

    private int Failed(Stream error, int exitCode, string reason)
    {
        var line = System.Text.Encoding.UTF8.GetBytes($"stash exec: {command[0]}: {reason}\n");
        Errors.Add(line);
        try
        {
            error.Write(line);
        }
        catch (IOException)
        {
            // Nobody reads; the exit code says it.
        }

        return exitCode;
    }

    private async Task CopyAsync(Stream from, Stream to)
    {
        var buffer = new byte[16 * 1024];
        var open = true;
        while (await from.ReadAsync(buffer) is > 0 and var count)
        {
            Errors.Add(buffer.AsSpan(0, count));
            try
            {
                if (open)
                {
                    to.Write(buffer.AsSpan(0, count));
                }
            }
            catch (IOException)
            {
                // Our reader has gone; the command must not notice before it would have.
                open = false;
            }
        }
    }
}
