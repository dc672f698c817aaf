namespace Stash.Operator.Tests.Support;

/// <summary>The real <c>stash</c>, run to its end.</summary>
internal static class StashCommand
{
    /// <param name="arguments">After <c>stash</c>.</param>
    /// <returns>Its exit code and what it wrote.</returns>
    public static Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments) => RunWithAsync([], arguments);

    /// <param name="environment">Added to ours.</param>
    /// <param name="arguments">After <c>stash</c>.</param>
    public static Task<(int ExitCode, string Output, string Error)> RunWithAsync(Dictionary<string, string?> environment, params string[] arguments) =>
        ChildProcess.RunAsync(OperatorProcess.Executable, arguments, environment);
}
