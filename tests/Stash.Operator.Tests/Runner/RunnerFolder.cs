using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Runner;

/// <summary>A folder with a source, a secret and a Restic file, and the real <c>stash</c> to run on them.</summary>
internal sealed class RunnerFolder : IDisposable
{
    public const string Password = "a very secret passphrase";

    private readonly TempFolder _folder = new();

    public RunnerFolder()
    {
        Directory.CreateDirectory(In("source"));
        File.WriteAllText(In("source", "a.txt"), "one");
        File.WriteAllText(In("source", "b.txt"), "two");
        Directory.CreateDirectory(In("secret"));
        File.WriteAllText(In("secret", "RESTIC_PASSWORD"), Password + "\n");
    }

    /// <summary>The executable that is tested.</summary>
    public static string Executable => Path.Combine(AppContext.BaseDirectory, "stash");

    public string Source => In("source");

    public string Repository => In("repository");

    /// <summary>First on the PATH of what is run.</summary>
    public string? Programs { get; set; }

    public string In(params ReadOnlySpan<string> names) => _folder.In(names);

    /// <summary>A Restic on the source with one policy, as YAML.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="fileGroups">In YAML's flow form; null for the source with the policy.</param>
    /// <param name="backend">The same; null for the repository and the secret.</param>
    /// <param name="more">Further lines of <c>spec</c>, each with its two spaces.</param>
    /// <param name="repository">A folder's name.</param>
    public static string Restic(string name, string? fileGroups = null, string? backend = null, string more = "", string repository = "repository") =>
        $"""
        apiVersion: stash.appscode.com/v1alpha1
        kind: Restic
        metadata: {"{"}name: "{name}", namespace: prod{"}"}
        spec:
          fileGroups: {fileGroups ?? "[{path: source, tags: [nightly], retentionPolicyName: two}]"}
          backend: {backend ?? $"{{local: {{mountPath: {repository}}}, storageSecretName: secret}}"}
          retentionPolicies: [{"{"}name: two, keepLast: 2, prune: true{"}"}]
        {more}

        """;

    /// <summary>Writes <c>restics.yaml</c> of some documents; returns its path.</summary>
    public string Write(params string[] documents)
    {
        File.WriteAllText(In("restics.yaml"), string.Join("---\n", documents));
        return In("restics.yaml");
    }

    /// <summary>A file of random bytes in the source.</summary>
    public void Fill(string name, int megabytes) => File.WriteAllBytes(In("source", name), System.Security.Cryptography.RandomNumberGenerator.GetBytes(megabytes * 1_000_000));

    /// <summary>From now on restic, the real one, writes to repositories at most so fast.</summary>
    public void SlowDown(int kilobytesPerSecond)
    {
        Programs = In("programs");
        Directory.CreateDirectory(Programs);
        var real = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(p => Path.Combine(p, "restic")).First(File.Exists);
        File.WriteAllText(Path.Combine(Programs, "restic"), $"#!/bin/sh\nexec {real} \"$@\" --limit-upload {kilobytesPerSecond}\n");
        File.SetUnixFileMode(Path.Combine(Programs, "restic"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }

    public IReadOnlyDictionary<string, string?> Variables(string? password = null) => new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["RESTIC_PASSWORD"] = password,
        ["RESTIC_PASSWORD_FILE"] = null,
        ["RESTIC_REPOSITORY"] = null,
        ["HOME"] = In("home"),
        ["XDG_STATE_HOME"] = null,
        ["XDG_CACHE_HOME"] = null,
        ["PATH"] = Programs is null ? Environment.GetEnvironmentVariable("PATH") : $"{Programs}:{Environment.GetEnvironmentVariable("PATH")}",
    };

    /// <summary>Starts <c>stash</c>.</summary>
    public ChildProcess Start(params string[] arguments) => ChildProcess.Start(Executable, arguments, Variables());

    /// <summary>Runs <c>stash</c> to its end.</summary>
    public Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments) => ChildProcess.RunAsync(Executable, arguments, Variables());

    /// <summary>Runs <c>stash backup</c> on a file to its end.</summary>
    public Task<(int ExitCode, string Output, string Error)> BackupAsync(string file, string gateway, params string[] more) => RunAsync(["backup", "--file", file, "--pushgateway-url", gateway, .. more]);

    /// <summary>Runs restic itself on a repository.</summary>
    public async Task<string> ResticAsync(params string[] arguments)
    {
        Dictionary<string, string?> environment = new(Variables(Password), StringComparer.Ordinal) { ["RESTIC_REPOSITORY"] = Repository };
        var (code, output, error) = await ChildProcess.RunAsync("restic", ["--no-cache", .. arguments], environment);
        code.ShouldBe(0, error);
        return output;
    }

    public void Dispose() => _folder.Dispose();
}
