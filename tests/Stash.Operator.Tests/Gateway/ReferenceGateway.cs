using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Stash.Operator.Tests.Gateway;

/// <summary>Debian's <c>prometheus-pushgateway</c>, the reference, on a free port.</summary>
internal sealed class ReferenceGateway : IAsyncDisposable
{
    private readonly Process _process;
    private readonly DirectoryInfo _folder;

    private ReferenceGateway(Process process, Uri address, DirectoryInfo folder)
    {
        _process = process;
        _folder = folder;
        Address = address;
    }

    public Uri Address { get; }

    public static async Task<ReferenceGateway> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("stash-test-");
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        ProcessStartInfo start = new("prometheus-pushgateway")
        {
            ArgumentList = { $"--web.listen-address=127.0.0.1:{port}", "--web.enable-admin-api", $"--persistence.file={Path.Combine(folder.FullName, "groups")}" },
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        var process = Process.Start(start)!;
        process.ErrorDataReceived += (_, _) => { };
        process.OutputDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        ReferenceGateway gateway = new(process, new Uri($"http://127.0.0.1:{port}"), folder);
        using HttpClient http = new();
        using CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(30));
        while (true)
        {
            try
            {
                using var ready = await http.GetAsync(new Uri(gateway.Address, "/-/ready"), deadline.Token);
                if (ready.IsSuccessStatusCode)
                {
                    return gateway;
                }
            }
            catch (HttpRequestException)
            {
                await Task.Delay(20, deadline.Token);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }
}
