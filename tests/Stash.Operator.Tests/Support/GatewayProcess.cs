using System.Text.RegularExpressions;

namespace Stash.Operator.Tests.Support;

/// <summary>The real <c>stash gateway</c> as a process, on a free port, with its groups in a folder of its own.</summary>
internal sealed partial class GatewayProcess : IAsyncDisposable
{
    private readonly TempFolder _folder = new();

    private GatewayProcess(ChildProcess process) => Process = process;

    public ChildProcess Process { get; private set; }

    /// <summary>Every address on which it listens, as its log says.</summary>
    public IReadOnlyList<Uri> Addresses { get; private set; } = [];

    public Uri Address => Addresses[0];

    public HttpClient Http { get; private set; } = null!;

    /// <summary>A file of the test, beside the gateway's.</summary>
    public string In(string name) => _folder.In(name);

    /// <summary>Starts it and waits until it listens.</summary>
    /// <param name="arguments">After <c>stash gateway</c>; <c>{folder}</c> in them is a folder of the test's.</param>
    public static Task<GatewayProcess> StartAsync(params string[] arguments) => StartAsync(null, arguments);

    /// <summary>The same.</summary>
    /// <param name="prepare">Writes files into the folder first.</param>
    /// <param name="arguments">As above.</param>
    public static async Task<GatewayProcess> StartAsync(Action<TempFolder>? prepare, params string[] arguments)
    {
        GatewayProcess it = new(null!);
        try
        {
            prepare?.Invoke(it._folder);
            string[] address = arguments.Any(a => a.StartsWith("--web.listen-address", StringComparison.Ordinal)) ? [] : ["--web.listen-address=127.0.0.1:0"];
            it.Process = ChildProcess.Start(OperatorProcess.Executable,
                ["gateway", .. arguments.Contains("--data-dir", StringComparer.Ordinal) ? [] : (string[])["--data-dir", it._folder.In("data")], .. address, .. arguments.Select(a => a.Replace("{folder}", it._folder.FullPath, StringComparison.Ordinal))]);
            var line = await Eventually.GetAsync("the gateway listens", () => it.Process.HasExited
                ? throw new InvalidOperationException($"It has ended: {it.Process.Error}")
                : Task.FromResult(Listening().Match(it.Process.Error) is { Success: true } match ? match : null));
            it.Addresses = [.. line.Groups["addresses"].Value.Split(" and ").Select(a => new Uri(a))];
            it.Http = new HttpClient { BaseAddress = it.Address };
            return it;
        }
        catch
        {
            await it.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Process is not null)
        {
            await Process.DisposeAsync();
        }

        Http?.Dispose();
        _folder.Dispose();
    }

    [GeneratedRegex(@"Push gateway on (?<addresses>\S+( and \S+)*)\. Groups are in", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Listening();
}
