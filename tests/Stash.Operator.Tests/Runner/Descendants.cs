using System.Diagnostics;
using System.Globalization;

namespace Stash.Operator.Tests.Runner;

/// <summary>Processes below one that a test has started.</summary>
internal static class Descendants
{
    public static IReadOnlyList<int> Of(int process)
    {
        List<int> found = [];
        foreach (var child in ChildrenOf(process))
        {
            found.Add(child);
            found.AddRange(Of(child));
        }

        return found;
    }

    /// <summary>Its arguments, each ended by a zero byte; empty where it has gone.</summary>
    public static string CommandLine(int process)
    {
        try
        {
            return File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/cmdline"));
        }
        catch (IOException)
        {
            return "";
        }
    }

    /// <summary>Kills all of them: these, by their ids.</summary>
    public static async Task EndAsync(int process)
    {
        foreach (var id in Of(process))
        {
            try
            {
                using var child = Process.GetProcessById(id);
                child.Kill();
                await child.WaitForExitAsync(CancellationToken.None);
            }
            catch (ArgumentException)
            {
                // It has ended by itself.
            }
        }
    }

    private static IEnumerable<int> ChildrenOf(int process)
    {
        try
        {
            return [.. Directory.EnumerateDirectories(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/task"))
                .SelectMany(t => File.ReadAllText(Path.Combine(t, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Select(p => int.Parse(p, CultureInfo.InvariantCulture))];
        }
        catch (IOException)
        {
            return [];
        }
    }
}
