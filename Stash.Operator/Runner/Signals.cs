using System.Runtime.InteropServices;

namespace Stash.Operator.Runner;

/// <summary>Signals to child processes. .NET can only kill.</summary>
internal static partial class Signals
{
    public const int Hangup = 1;
    public const int Interrupt = 2;
    public const int Quit = 3;
    public const int User1 = 10;
    public const int User2 = 12;
    public const int Terminate = 15;
    public const int Continue = 18;
    public const int WindowSize = 28;

    public static void Send(int processId, int signal) => _ = Kill(processId, signal);

    /// <summary>True where a key at the terminal reaches this process and its children alike: they are the terminal's foreground group.</summary>
    public static bool KeyboardReachesChildren() => TerminalGroup(0) is > 0 and var group && group == OwnGroup();

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int processId, int signal);

    [LibraryImport("libc", EntryPoint = "tcgetpgrp")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int TerminalGroup(int descriptor);

    [LibraryImport("libc", EntryPoint = "getpgrp")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int OwnGroup();
}
