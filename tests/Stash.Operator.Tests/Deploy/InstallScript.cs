using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Deploy;

/// <summary>The real deploy/install.sh.</summary>
internal static class InstallScript
{
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "deploy");

    public static string File { get; } = Path.Combine(Folder, "install.sh");

    /// <param name="kubeconfig">Null for a file that does not exist.</param>
    /// <param name="arguments">Of it.</param>
    public static Task<(int ExitCode, string Output, string Error)> RunAsync(string? kubeconfig, params string[] arguments) =>
        ChildProcess.RunAsync("bash", [File, .. arguments], new Dictionary<string, string?>(StringComparer.Ordinal) { ["KUBECONFIG"] = kubeconfig ?? "/nonexistent" });
}
