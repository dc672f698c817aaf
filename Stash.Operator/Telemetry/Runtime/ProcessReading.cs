using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Stash.Operator.Telemetry.Runtime;

/// <summary>What <c>/proc</c> tells of this process at one moment. What could not be read is null.</summary>
internal sealed partial record ProcessReading
{
    /// <summary>Of the times in <c>/proc</c>, whatever the kernel's own clock is.</summary>
    private const double TicksPerSecond = 100;

    /// <summary>Field of <c>/proc/self/stat</c> that follows the program's name, by proc(5)'s numbers.</summary>
    private const int FirstField = 3;

    private const int StatxSize = 0x200;
    private const int StatxSizeOffset = 40;
    private const int StatxBytes = 256;
    private const int AtWorkingDirectory = -100;

    private static readonly double? BootTime = ReadBootTime();

    /// <summary>User and system time.</summary>
    public double? CpuSeconds { get; private init; }

    public double? Threads { get; private init; }

    /// <summary>Unix seconds.</summary>
    public double? StartTime { get; private init; }

    public double? VirtualBytes { get; private init; }

    public double? ResidentBytes { get; private init; }

    public double? OpenFiles { get; private init; }

    /// <summary>The soft limit; the largest number there is where there is none, as Go's client tells it.</summary>
    public double? MaxFiles { get; private init; }

    /// <summary>The same of the address space.</summary>
    public double? MaxVirtualBytes { get; private init; }

    public static ProcessReading Take()
    {
        Span<byte> buffer = stackalloc byte[4096];
        var limits = Read("/proc/self/limits", buffer);
        ProcessReading reading = new()
        {
            MaxFiles = Limit(limits, "Max open files "u8),
            MaxVirtualBytes = Limit(limits, "Max address space "u8),
            OpenFiles = CountOpenFiles(),
        };
        return reading.WithStat(Read("/proc/self/stat", buffer));
    }

    private ProcessReading WithStat(ReadOnlySpan<byte> stat)
    {
        // The name of the program, in brackets, may hold anything.
        var fields = stat[(stat.LastIndexOf((byte)')') + 1)..].Trim((byte)' ');
        Span<double?> numbers = stackalloc double?[25];
        var field = FirstField;
        foreach (var range in fields.Split((byte)' '))
        {
            if (field == numbers.Length)
            {
                break;
            }

            numbers[field++] = Number(fields[range]);
        }

        return this with
        {
            CpuSeconds = (numbers[14] + numbers[15]) / TicksPerSecond,
            Threads = numbers[20],
            StartTime = BootTime + (numbers[22] / TicksPerSecond),
            VirtualBytes = numbers[23],
            ResidentBytes = numbers[24] * Environment.SystemPageSize,
        };
    }

    /// <summary>Without a walk where the kernel has the number as the folder's size: since Linux 6.2.</summary>
    private static double? CountOpenFiles()
    {
        try
        {
            Span<byte> result = stackalloc byte[StatxBytes];
            if (Statx(AtWorkingDirectory, "/proc/self/fd", 0, StatxSize, result) == 0 && BitConverter.ToInt64(result[StatxSizeOffset..]) is > 0 and var size)
            {
                return size;
            }

            return WalkOpenFiles();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or EntryPointNotFoundException)
        {
            return null;
        }
    }

    /// <summary>The folder's entries, less the one that looks.</summary>
    internal static int WalkOpenFiles() => Directory.EnumerateFileSystemEntries("/proc/self/fd").Count() - 1;

    private static double? Limit(ReadOnlySpan<byte> limits, ReadOnlySpan<byte> name)
    {
        if (limits.IndexOf(name) is not (>= 0 and var at))
        {
            return null;
        }

        var soft = limits[(at + name.Length)..].TrimStart((byte)' ');
        return soft.StartsWith("unlimited"u8) ? ulong.MaxValue : soft.IndexOf((byte)' ') is > 0 and var end ? Number(soft[..end]) : null;
    }

    private static double? Number(ReadOnlySpan<byte> text) => double.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static double? ReadBootTime()
    {
        try
        {
            const string Name = "btime ";
            return File.ReadLines("/proc/stat").FirstOrDefault(l => l.StartsWith(Name, StringComparison.Ordinal)) is { } line ? Number(Encoding.ASCII.GetBytes(line[Name.Length..])) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <returns>What is in the file, as far as the buffer holds it; nothing where it cannot be read.</returns>
    private static ReadOnlySpan<byte> Read(string path, Span<byte> buffer)
    {
        try
        {
            using var file = File.OpenHandle(path);
            return buffer[..RandomAccess.Read(file, buffer, 0)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Statx(int directory, string path, int flags, uint mask, Span<byte> result);
}
