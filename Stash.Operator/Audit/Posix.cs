using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Stash.Operator.Audit;

/// <summary>What the audit log asks of the system and .NET has no call for. Errors are exceptions as .NET's own, with the error number as <see cref="Exception.HResult"/>.</summary>
internal static partial class Posix
{
    public const int NotPermitted = 1;
    public const int Interrupted = 4;
    public const int BadHandle = 9;
    public const int AccessDenied = 13;
    public const int NoDevice = 19;
    public const int Invalid = 22;
    public const int NoSpace = 28;
    public const int ReadOnly = 30;
    public const int BrokenPipe = 32;
    public const int NoCall = 38;
    public const int NotSupported = 95;
    public const int OverQuota = 122;

    private const int KeepSize = 1;
    private const short Writable = 4;
    private const short Broken = 8 | 16 | 32;

    /// <summary>Sets disk space aside; the file's length stays.</summary>
    /// <returns>False where the file system cannot do that.</returns>
    /// <exception cref="IOException">There is not that much space.</exception>
    public static bool Reserve(SafeFileHandle file, long offset, long bytes)
    {
        while (FAllocate(file, KeepSize, (nint)offset, (nint)bytes) != 0)
        {
            switch (Marshal.GetLastPInvokeError())
            {
                case Interrupted:
                    continue;
                case NotSupported or NoCall or NoDevice or Invalid:
                    return false;
                case var error:
                    throw Error(error);
            }
        }

        return true;
    }

    /// <summary>Writes where the handle is, as pipes want it: all of it.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static unsafe void Write(SafeFileHandle output, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            nint written;
            fixed (byte* first = bytes)
            {
                written = Write(output, first, bytes.Length);
            }

            if (written >= 0)
            {
                bytes = bytes[(int)written..];
            }
            else if (Marshal.GetLastPInvokeError() is not Interrupted and var error)
            {
                throw Error(error);
            }
        }
    }

    /// <summary>Whether something can be written at once.</summary>
    /// <exception cref="IOException">The other end is closed.</exception>
    public static bool IsWritable(SafeFileHandle output)
    {
        PollHandle poll = new() { Handle = (int)output.DangerousGetHandle(), Events = Writable };
        return Poll(ref poll, 1, 0) switch
        {
            < 0 => throw Error(Marshal.GetLastPInvokeError()),
            0 => false,
            _ => (poll.Found & Broken) == 0 ? (poll.Found & Writable) != 0 : throw Error(BrokenPipe),
        };
    }

    private static IOException Error(int number) => new($"The system refused it (error {number}).", number);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollHandle
    {
        public int Handle;
        public short Events;
        public short Found;
    }

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int FAllocate(SafeFileHandle file, int mode, nint offset, nint length);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial nint Write(SafeFileHandle output, byte* bytes, nint count);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Poll(ref PollHandle handles, nuint count, int milliseconds);
}
