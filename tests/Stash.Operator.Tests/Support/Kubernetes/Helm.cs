namespace Stash.Operator.Tests.Support.Kubernetes;

/// <summary>The real Helm (eng/helm), and the chart.</summary>
internal static class Helm
{
    /// <summary>Version 4, and version 3.</summary>
    public static string Program { get; } = Installed("4.1.4");

    public static string Program3 { get; } = Installed("3.18.0");

    public static string Chart { get; } = Path.Combine(AppContext.BaseDirectory, "deploy", "chart", "stash");

    /// <summary>Runs <c>helm</c>, with no folder of the user's.</summary>
    public static Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments) => RunWithAsync(Program, arguments);

    /// <summary>The same, with a version of choice.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> RunWithAsync(string program, params string[] arguments)
    {
        using TempFolder home = new();
        return await ChildProcess.RunAsync(program, arguments, new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["HELM_CACHE_HOME"] = home.FullPath,
            ["HELM_CONFIG_HOME"] = home.FullPath,
            ["HELM_DATA_HOME"] = home.FullPath,
            ["KUBECONFIG"] = null,
        });
    }

    /// <summary>What the chart makes: <c>helm template</c>.</summary>
    /// <param name="namespace">Of the release.</param>
    /// <param name="arguments">As <c>--set=monitoring.agent=builtin</c>.</param>
    public static async Task<string> TemplateAsync(string @namespace, params string[] arguments)
    {
        var (code, output, error) = await RunAsync(["template", "stash-operator", Chart, $"--namespace={@namespace}", .. arguments]);
        code.ShouldBe(0, error);
        return output;
    }

    private static string Installed(string version)
    {
        var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } named ? named : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        var program = Path.Combine(cache, "stash", $"helm-{version}", "helm");
        return File.Exists(program) ? program : throw new InvalidOperationException($"There is no Helm in {program}: run eng/helm, which fetches it once.");
    }
}
