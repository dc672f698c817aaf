using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Stash.Core.Api;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Tls;

/// <summary>The serving certificate is replaced, and replaced again, while 200 connections send requests and others come and go.</summary>
public sealed class ReplacedCertificateTests : IDisposable
{
    private const int Connections = 200;
    private const int Newcomers = 4;
    private const int Replacements = 4;

    private readonly TempFolder _folder = new();
    private readonly TestAuthority _authority = new();
    private readonly ConcurrentQueue<string> _failures = new();
    private readonly ConcurrentDictionary<string, string> _seen = new(StringComparer.Ordinal);
    private int _answered;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task No_request_fails_while_a_volume_of_kubernetes_swaps_the_files()
    {
        // tls.crt -> ..data/tls.crt, ..data -> a folder: the link is replaced in one step.
        await SwapAsync(0);
        foreach (var file in new[] { "tls.crt", "tls.key" })
        {
            File.CreateSymbolicLink(_folder.In(file), Path.Combine("..data", file));
        }

        await using var it = await OperatorProcess.StartWithAsync(Files());
        await ReplaceUnderLoadAsync(it, [_authority.Certificate], SwapAsync);
    }

    [Fact]
    public async Task No_request_fails_while_the_files_are_copied_over_one_after_the_other()
    {
        _authority.IssueTo(_folder.In("tls"));
        await using var it = await OperatorProcess.StartWithAsync(Files());
        await ReplaceUnderLoadAsync(it, [_authority.Certificate], async round =>
        {
            _authority.IssueTo(_folder.In("next"));
            File.Copy(_folder.In("next.crt"), _folder.In("tls.crt"), overwrite: true);
            // Half of a pair: the operator has seen it when it says so.
            await Eventually.TrueAsync("the log tells of the pair that does not match", () => it.Process.Output.Split("are no certificate with its key").Length == round + 1);
            File.Copy(_folder.In("next.key"), _folder.In("tls.key"), overwrite: true);
        });
        it.Process.Output.Split("are no certificate with its key").Length.ShouldBe(Replacements + 1, "each is said once");
    }

    [Fact]
    public async Task No_request_fails_while_the_operator_makes_new_ones_of_its_own()
    {
        await using var it = await OperatorProcess.StartAsync();
        await ReplaceUnderLoadAsync(it, X509CertificateLoader.LoadCertificateFromFile(Path.Combine(it.DataDirectory, "ca.crt")) is var own ? [own] : [], _ =>
        {
            File.Delete(Path.Combine(it.DataDirectory, "tls.key"));
            File.Delete(Path.Combine(it.DataDirectory, "tls.crt"));
            return Task.CompletedTask;
        });
    }

    private static HttpClient Client(OperatorProcess it, X509Certificate2Collection trusted, Action<X509Certificate2>? seen, TimeSpan lifetime)
    {
        SocketsHttpHandler handler = new() { MaxConnectionsPerServer = 1, PooledConnectionLifetime = lifetime };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
        {
            var served = (X509Certificate2)certificate!;
            using X509Chain chain = new();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.AddRange(trusted);
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            seen?.Invoke(served);
            return chain.Build(served) && (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) == SslPolicyErrors.None;
        };
        HttpClient client = new(handler) { BaseAddress = it.ApiAddress };
        client.DefaultRequestHeaders.Authorization = new("Bearer", it.Token);
        return client;
    }

    private Dictionary<string, string> Files() => new(StringComparer.Ordinal) { ["Stash:Api:CertificateFile"] = _folder.In("tls.crt"), ["Stash:Api:KeyFile"] = _folder.In("tls.key") };

    private async Task SwapAsync(int round)
    {
        var data = _folder.In(FormattableString.Invariant($"..data-{round}"));
        Directory.CreateDirectory(data);
        _authority.IssueTo(Path.Combine(data, "tls"));
        File.CreateSymbolicLink(_folder.In("..data_tmp"), Path.GetFileName(data));
        // rename(2), which File.Move does not do to a link to a folder.
        (await ChildProcess.RunAsync("mv", ["-T", _folder.In("..data_tmp"), _folder.In("..data")])).ExitCode.ShouldBe(0);
    }

    private async Task ReplaceUnderLoadAsync(OperatorProcess it, X509Certificate2Collection trusted, Func<int, Task> replace)
    {
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var handshakes = new int[Connections];
        var kept = Enumerable.Range(0, Connections).Select(i => LoadAsync(it, Client(it, trusted, _ => Interlocked.Increment(ref handshakes[i]), Timeout.InfiniteTimeSpan), end.Token)).ToArray();
        var newcomers = Enumerable.Range(0, Newcomers).Select(_ => LoadAsync(it, Client(it, trusted, c => _seen.TryAdd(c.SerialNumber, ""), TimeSpan.Zero), end.Token)).ToArray();
        await Eventually.TrueAsync("all connections are in use", () => handshakes.All(h => Volatile.Read(ref h) > 0) && !_seen.IsEmpty);
        for (var round = 1; round <= Replacements; round++)
        {
            var (known, answered) = (_seen.Count, Volatile.Read(ref _answered));
            await replace(round);
            await Eventually.TrueAsync("new connections get the new certificate", () => _seen.Count > known && Volatile.Read(ref _answered) > answered + Connections);
        }

        await end.CancelAsync();
        await Task.WhenAll([.. kept, .. newcomers]);
        _failures.ShouldBeEmpty();
        _seen.Count.ShouldBe(Replacements + 1);
        handshakes.ShouldAllBe(h => h == 1, "no connection was dropped");
        TestContext.Current.SendDiagnosticMessage("{0} requests", _answered);
    }

    private async Task LoadAsync(OperatorProcess it, HttpClient client, CancellationToken end)
    {
        using (client)
        {
            for (var i = 0; !end.IsCancellationRequested; i++)
            {
                try
                {
                    // The request is not cancelled: each is answered.
                    using var answer = await client.GetAsync(i % 2 == 0 ? ApiPaths.Running : ApiPaths.Live, Stop);
                    if (answer.StatusCode != HttpStatusCode.OK)
                    {
                        _failures.Enqueue($"{answer.StatusCode} {await answer.Content.ReadAsStringAsync(Stop)}");
                    }

                    Interlocked.Increment(ref _answered);
                    // So that the machine has time for others.
                    await Task.Delay(20, Stop);
                }
                catch (HttpRequestException e)
                {
                    _failures.Enqueue(e.ToString());
                }
            }
        }
    }
}
