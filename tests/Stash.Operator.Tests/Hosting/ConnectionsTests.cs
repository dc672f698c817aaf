using System.Globalization;
using System.Net.Sockets;
using Stash.Core.Api;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Hosting;

/// <summary>What connections to :8443 cost a real operator: memory that is bounded, and no threads.</summary>
public sealed class ConnectionsTests(ITestOutputHelper output)
{
    private const int Idle = 1000;
    private const int Busy = 200;
    private const int RequestsEach = 20;

    /// <summary>A connection is its buffers and the state of TLS: about 50 KiB.</summary>
    private const long MostKibibytesEach = 96;

    /// <summary>What the work itself leaves until it is collected.</summary>
    private const long MostKibibytesBeside = 96 * 1024;

    /// <summary>Some threads come for work, whatever its number of connections.</summary>
    private const int MostThreadsMore = 40;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_thousand_idle_and_two_hundred_busy_connections_cost_bounded_memory_and_no_threads()
    {
        await using var it = await OperatorProcess.StartAsync();
        List<RawConnection> idle = [];
        List<RawConnection> busy = [];
        try
        {
            await using (var first = await RawConnection.OpenAsync(it))
            {
                await AskAsync(first, it.Token, RequestsEach);
            }

            var before = Cost.Of(it);
            await OpenAsync(it, idle, Idle);
            var withIdle = Cost.Of(it);
            await OpenAsync(it, busy, Busy);
            var most = Cost.Of(it);
            var work = Task.WhenAll(busy.Select(c => Task.Run(() => AskAsync(c, it.Token, RequestsEach), Stop)));
            using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(50));
            while (!work.IsCompleted && await timer.WaitForNextTickAsync(Stop))
            {
                most = most.Max(Cost.Of(it));
            }

            var answered = await work;
            var after = Cost.Of(it);
            output.WriteLine($"before: {before}; {Idle} idle: {withIdle}; {Busy} busy beside them, at most: {most}; after: {after}");

            answered.Sum().ShouldBe(Busy * RequestsEach);
            most.Kibibytes.ShouldBeLessThanOrEqualTo(before.Kibibytes + ((Idle + Busy) * MostKibibytesEach) + MostKibibytesBeside);
            most.Threads.ShouldBeLessThanOrEqualTo(before.Threads + MostThreadsMore);

            // Those that were idle are still good.
            await AskAsync(idle[0], it.Token, 1);
            await AskAsync(idle[^1], it.Token, 1);
        }
        finally
        {
            foreach (var connection in idle.Concat(busy))
            {
                await connection.DisposeAsync();
            }
        }
    }

    [Fact]
    public async Task A_client_that_does_not_finish_its_handshake_is_cut_off()
    {
        await using var it = await OperatorProcess.StartAsync();
        using TcpClient silent = new();
        await silent.ConnectAsync(it.ApiAddress.Host, it.ApiAddress.Port, Stop);
        using TcpClient halting = new();
        await halting.ConnectAsync(it.ApiAddress.Host, it.ApiAddress.Port, Stop);
        // The first bytes of a ClientHello that is announced as longer.
        await halting.GetStream().WriteAsync(new byte[] { 0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC, 0x03, 0x03 }, Stop);
        (await EndsAsync(silent)).ShouldBeTrue("no byte at all");
        (await EndsAsync(halting)).ShouldBeTrue("half a ClientHello");
        (await it.Api.GetAsync("settings", Stop)).IsSuccessStatusCode.ShouldBeTrue();
    }

    [Fact]
    public async Task Headers_that_do_not_come_to_an_end_cut_their_connection_off()
    {
        await using var it = await OperatorProcess.StartWithAsync(new Dictionary<string, string>(StringComparer.Ordinal) { ["Stash:Gateway:HeaderTimeout"] = "1s" });
        await using var slow = await RawConnection.OpenAsync(it);
        await slow.SendAsync($"GET {ApiPaths.Health} HTTP/1.1\r\nHost: a\r\nX-Slow: ");
        (await slow.ReadAsync())!.Value.Status.ShouldBe(408);
    }

    /// <summary>Several at a time: a handshake is work for both sides.</summary>
    private static Task OpenAsync(OperatorProcess it, List<RawConnection> to, int count) => Parallel.ForEachAsync(
        Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Stop }, async (_, _) =>
        {
            var connection = await RawConnection.OpenAsync(it);
            lock (to)
            {
                to.Add(connection);
            }
        });

    /// <returns>How many were answered 200.</returns>
    private static async Task<int> AskAsync(RawConnection connection, string token, int times)
    {
        var good = 0;
        for (var i = 0; i < times; i++)
        {
            await connection.SendAsync($"GET {ApiPaths.Running} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n\r\n");
            good += await connection.ReadAsync() is (200, _, _) ? 1 : 0;
        }

        return good;
    }

    private static async Task<bool> EndsAsync(TcpClient client)
    {
        try
        {
            // Whatever it is told before, a connection that is cut off comes to its end.
            var stream = client.GetStream();
            var buffer = new byte[256];
            while (await stream.ReadAsync(buffer, Stop).AsTask().WaitAsync(TimeSpan.FromSeconds(45), Stop) > 0)
            {
            }

            return true;
        }
        catch (IOException)
        {
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private sealed record Cost(long Kibibytes, int Threads)
    {
        public static Cost Of(OperatorProcess it)
        {
            var status = File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{it.Process.Id}/status")).Select(l => l.Split(':')).ToDictionary(l => l[0], l => l[1].Trim(), StringComparer.Ordinal);
            return new Cost(long.Parse(status["VmRSS"].Split(' ')[0], CultureInfo.InvariantCulture), int.Parse(status["Threads"], CultureInfo.InvariantCulture));
        }

        public Cost Max(Cost other) => new(Math.Max(Kibibytes, other.Kibibytes), Math.Max(Threads, other.Threads));

        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Kibibytes / 1024} MiB, {Threads} threads");
    }
}
