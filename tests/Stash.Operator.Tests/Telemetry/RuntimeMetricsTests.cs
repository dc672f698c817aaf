using System.Diagnostics;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text;
using Stash.Operator.Gateway;
using Stash.Operator.Telemetry;
using Stash.Operator.Telemetry.Runtime;
using Stash.Operator.Tests.Support;
using Stash.Operator.Tests.Telemetry.Requests;

namespace Stash.Operator.Tests.Telemetry;

/// <summary>What is told of process and runtime is so: seen on this process itself.</summary>
public sealed class RuntimeMetricsTests : IDisposable
{
    private const int Megabyte = 1 << 20;

    private readonly OperatorMetrics _metrics = new();
    private readonly Collections _collections = new();
    private readonly ThrownExceptions _exceptions = new();

    public RuntimeMetricsTests()
    {
        ScrapedMetrics<RuntimeReading> runtime = new(_metrics.Registry, RuntimeReading.Take);
        ProcessMetrics.Add(runtime, r => r.Process);
        GoMetrics.Add(_metrics, runtime, _collections);
        DotNetMetrics.Add(runtime, _exceptions);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _collections.Dispose();
        _exceptions.Dispose();
    }

    [Fact]
    public async Task What_is_allocated_is_counted()
    {
        var before = await ReadAsync();
        var kept = new List<byte[]>();
        for (var i = 0; i < 50; i++)
        {
            kept.Add(new byte[Megabyte]);
        }

        // The runtime's counts are true to within some kilobytes for each thread.
        var after = await ReadAsync();
        (after.Value("go_memstats_alloc_bytes_total") - before.Value("go_memstats_alloc_bytes_total")).ShouldBeGreaterThanOrEqualTo(49 * Megabyte);
        (after.Value("dotnet_gc_heap_allocated_bytes_total") - before.Value("dotnet_gc_heap_allocated_bytes_total")).ShouldBeGreaterThanOrEqualTo(49 * Megabyte);
        after.Value("go_memstats_alloc_bytes").ShouldBeGreaterThanOrEqualTo(49 * Megabyte);

        // Kept over a collection, they are heap and committed memory.
        GC.Collect();
        var collected = await ReadAsync();
        collected.Value("go_memstats_heap_inuse_bytes").ShouldBeGreaterThanOrEqualTo(50 * Megabyte);
        collected.Value("go_memstats_heap_sys_bytes").ShouldBe(collected.Value("go_memstats_heap_inuse_bytes") + collected.Value("go_memstats_heap_idle_bytes"));
        collected.Value("go_memstats_next_gc_bytes").ShouldBeGreaterThan(collected.Value("go_memstats_heap_inuse_bytes"));
        collected.Metrics("dotnet_gc_last_collection_heap_size_bytes").Sum(m => m.Value).ShouldBeGreaterThanOrEqualTo(50 * Megabyte);
        collected.Value("dotnet_gc_last_collection_heap_size_bytes", "loh").ShouldBeGreaterThanOrEqualTo(40 * Megabyte);
        collected.Value("process_resident_memory_bytes").ShouldBeGreaterThan(0);
        collected.Value("process_virtual_memory_bytes").ShouldBeGreaterThan(collected.Value("process_resident_memory_bytes"));
        kept.Count.ShouldBe(50);
        GC.KeepAlive(kept);
    }

    [Fact]
    public async Task Collections_are_counted_with_their_pauses_and_their_time()
    {
        var before = (await ReadAsync()).Metrics("go_gc_duration_seconds").Single();
        var began = DateTimeOffset.UtcNow;
        for (var i = 0; i < 5; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        var read = await Eventually.GetAsync("the last collection is noticed", async () =>
            await ReadAsync() is var r && r.Value("go_memstats_last_gc_time_seconds") >= (began.ToUnixTimeMilliseconds() / 1000d) ? r : null);
        var after = read.Metrics("go_gc_duration_seconds").Single();
        (after.Count!.Value - before.Count!.Value).ShouldBeGreaterThanOrEqualTo(5UL);
        after.Sum!.Value.ShouldBeGreaterThan(before.Sum!.Value);
        after.Parts!.Select(p => p.Bound).ShouldBe([0, 0.25, 0.5, 0.75, 1]);
        after.Parts!.Select(p => p.Value).ShouldBeInOrder();
        after.Parts![0].Value.ShouldBeGreaterThan(0);
        after.Parts![^1].Value.ShouldBeLessThanOrEqualTo(after.Sum!.Value);
        read.Value("go_memstats_last_gc_time_seconds").ShouldBeLessThanOrEqualTo(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000d);
        read.Value("dotnet_collection_count_total", "2").ShouldBeGreaterThanOrEqualTo(5);
        read.Value("dotnet_collection_count_total", "0").ShouldBeGreaterThanOrEqualTo(read.Value("dotnet_collection_count_total", "2"));
        read.Value("dotnet_gc_pause_time_seconds_total").ShouldBe(after.Sum!.Value, 0.5);
    }

    [Fact]
    public void Recent_pauses_are_kept_up_to_a_number_and_no_longer_than_somebody_asks()
    {
        for (var i = 0; i < 300; i++)
        {
            GC.Collect(0);
            GC.WaitForPendingFinalizers();
        }

        _collections.RecentPauses().Length.ShouldBe(256);
        var forgotten = Forgotten();
        for (var i = 0; i < 10 && forgotten.IsAlive; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        forgotten.IsAlive.ShouldBeFalse("the finalizer keeps what nobody else has");

        [MethodImpl(MethodImplOptions.NoInlining)]
        static WeakReference Forgotten() => new(new Collections());
    }

    [Fact]
    public async Task Open_files_are_counted()
    {
        // Other tests open and close files at the same time.
        const int Files = 1000;
        const int Noise = 500;
        using var folder = new TempFolder();
        var before = (await ReadAsync()).Value("process_open_fds");
        var open = Enumerable.Range(0, Files).Select(i => File.Create(folder.In($"{i}"))).ToList();
        var during = (await ReadAsync()).Value("process_open_fds");
        var walked = ProcessReading.WalkOpenFiles();
        open.ForEach(f => f.Dispose());
        var after = (await ReadAsync()).Value("process_open_fds");

        (during - before).ShouldBeInRange(Files - Noise, Files + Noise);
        (during - after).ShouldBeInRange(Files - Noise, Files + Noise);
        ((double)walked).ShouldBeInRange(during - Noise, during + Noise);
    }

    [Fact]
    public async Task Time_threads_limits_and_start_are_those_of_the_process()
    {
        using var process = Process.GetCurrentProcess();
        var (_, limit, _) = await ChildProcess.RunAsync("sh", ["-c", $"awk '/Max open files/ {{ print $4 }}' /proc/{Environment.ProcessId}/limits"]);
        using ManualResetEventSlim end = new();
        var before = await ReadAsync();
        var threads = Enumerable.Range(0, 100).Select(_ => new Thread(end.Wait)).ToList();
        threads.ForEach(t => t.Start());
        var cpu = process.TotalProcessorTime.TotalSeconds;
        while (process.TotalProcessorTime.TotalSeconds < cpu + 0.2)
        {
            process.Refresh();
        }

        var after = await ReadAsync();
        end.Set();
        threads.ForEach(t => t.Join());
        process.Refresh();

        after.Value("process_cpu_seconds_total").ShouldBeInRange(before.Value("process_cpu_seconds_total") + 0.1, process.TotalProcessorTime.TotalSeconds + 0.05);
        (after.Value("go_goroutines") - before.Value("go_goroutines")).ShouldBeInRange(50, 1000);
        after.Value("process_max_fds").ShouldBe(double.Parse(limit.Trim(), System.Globalization.CultureInfo.InvariantCulture));
        after.Value("process_start_time_seconds").ShouldBe((process.StartTime.ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds, 2);
        after.Value("dotnet_process_processors").ShouldBe(Environment.ProcessorCount);
    }

    [Fact]
    public async Task Exceptions_are_counted_also_where_they_are_dealt_with()
    {
        var before = (await ReadAsync()).Value("dotnet_exceptions_total");
        for (var i = 0; i < 100; i++)
        {
            Should.Throw<InvalidOperationException>(() => throw new InvalidOperationException());
        }

        ((await ReadAsync()).Value("dotnet_exceptions_total") - before).ShouldBeGreaterThanOrEqualTo(100);
    }

    private async Task<Exposition> ReadAsync()
    {
        using MemoryStream text = new();
        await _metrics.ReadAsync(families => ExpositionWriter.WriteAsync(PipeWriter.Create(text, new StreamPipeWriterOptions(leaveOpen: true)), ExpositionKind.Text, families, new HashSet<string>(StringComparer.Ordinal), Stop), Stop);
        return Exposition.Of(Encoding.UTF8.GetString(text.GetBuffer().AsSpan(0, (int)text.Length)));
    }
}
