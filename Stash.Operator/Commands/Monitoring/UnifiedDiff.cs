using DiffPlex.Renderer;

namespace Stash.Operator.Commands.Monitoring;

/// <summary>Two texts as a unified diff; with colours where a person looks at a terminal.</summary>
internal static class UnifiedDiff
{
    private const string Nothing = "/dev/null";

    private static readonly bool Coloured = !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) && Environment.GetEnvironmentVariable("TERM") is not (null or "dumb");

    /// <summary>Writes the difference.</summary>
    /// <param name="name">What it is.</param>
    /// <param name="before">Null where there was none.</param>
    /// <param name="after">Null where there is to be none.</param>
    /// <returns>Whether there is one.</returns>
    public static bool Write(string name, string? before, string? after)
    {
        var text = Of(name, before, after);
        foreach (var line in text.Split('\n').SkipLast(1))
        {
            Console.WriteLine(Coloured ? Colour(line) : line);
        }

        return text.Length > 0;
    }

    /// <summary>Empty where there is none; else whole lines.</summary>
    internal static string Of(string name, string? before, string? after)
    {
        if (before == after)
        {
            return "";
        }

        // The renderer counts what comes after the last line feed as a line, and from 1 where there is none.
        var diff = UnidiffRenderer.GenerateUnidiff(before?.TrimEnd('\n') ?? "", after?.TrimEnd('\n') ?? "", before is null ? Nothing : name, after is null ? Nothing : name).Replace("\r\n", "\n", StringComparison.Ordinal);
        return before is null ? diff.Replace("\n@@ -1,0 +", "\n@@ -0,0 +", StringComparison.Ordinal)
            : after is null ? diff.Replace(" +1,0 @@\n", " +0,0 @@\n", StringComparison.Ordinal)
            : diff;
    }

    private static string Colour(string line) => line switch
    {
        ['+', '+', '+', ..] or ['-', '-', '-', ..] => $"\e[1m{line}\e[0m",
        ['@', ..] => $"\e[36m{line}\e[0m",
        ['+', ..] => $"\e[32m{line}\e[0m",
        ['-', ..] => $"\e[31m{line}\e[0m",
        _ => line,
    };
}
