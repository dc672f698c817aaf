using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Stash.Core.Configuration;
using Stash.Core.Events;
using Stash.Core.Monitoring;
using Stash.Core.Monitoring.Embedded;

namespace Stash.Core.Tests.Monitoring;

public sealed class MonitoringStoreTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly EventHub _hub = new();
    private readonly MonitoringStore _store;
    private readonly DataFolder _data;

    public MonitoringStoreTests()
    {
        _data = DataFolder.Open(_folder.FullPath);
        var resources = new EmbeddedResources(_data) { Endpoints = new ScrapeEndpoints { Gateway = "127.0.0.1:56789", Api = "127.0.0.1:8443" } };
        _store = new MonitoringStore(_data, resources, _hub, new FakeTimeProvider(new DateTimeOffset(2026, 11, 23, 8, 0, 0, TimeSpan.Zero)), NullLogger<MonitoringStore>.Instance);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Manifest => _folder.In("monitoring.yaml");

    public void Dispose()
    {
        _store.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Each_attempt_to_put_them_into_effect_is_told_with_its_result()
    {
        List<ReconcileResult> results = [];
        _store.Reconciliations.Subscribe((result, took) =>
        {
            took.ShouldBeGreaterThanOrEqualTo(TimeSpan.Zero);
            results.Add(result);
        });
        await _store.ReloadAsync(Stop);
        await _store.ReloadAsync(Stop); // Nothing has changed: no attempt.
        await _store.ReapplyAsync(Stop);
        var good = await File.ReadAllTextAsync(Manifest, Stop);
        await File.WriteAllTextAsync(Manifest, good.Replace("agent: none", "agent: nobody", StringComparison.Ordinal), Stop);
        await _store.ReloadAsync(Stop);
        await File.WriteAllTextAsync(Manifest, good.Replace("agent: none", "agent: builtin", StringComparison.Ordinal), Stop);
        await _store.ReloadAsync(Stop);
        File.Delete(Manifest);
        Directory.CreateDirectory(Manifest);
        await Should.ThrowAsync<UnauthorizedAccessException>(() => _store.ReloadAsync(Stop));

        results.ShouldBe([ReconcileResult.Applied, ReconcileResult.Unchanged, ReconcileResult.Invalid, ReconcileResult.Applied, ReconcileResult.Failed]);
        _store.Reconciliations.Waiting.ShouldBe(0);
    }

    [Fact]
    public async Task What_waits_for_its_turn_is_counted()
    {
        TaskCompletionSource turn = new();
        Reconciliations reconciliations = new();
        var waits = new[] { reconciliations.WaitAsync(() => turn.Task), reconciliations.WaitAsync(() => turn.Task) };
        reconciliations.Waiting.ShouldBe(2);
        turn.SetResult();
        await Task.WhenAll(waits);
        reconciliations.Waiting.ShouldBe(0);
        await Should.ThrowAsync<OperationCanceledException>(() => reconciliations.WaitAsync(() => Task.FromCanceled(new CancellationToken(canceled: true))));
        reconciliations.Waiting.ShouldBe(0);
    }

    [Fact]
    public async Task The_first_start_writes_the_defaults_with_a_status()
    {
        await _store.ReloadAsync(Stop);
        (await File.ReadAllTextAsync(Manifest, Stop)).ShouldBe("""
            # Who scrapes Stash. Edit here or in the console: a change is in effect at once.
            apiVersion: stash.appscode.com/v1alpha1
            kind: Monitoring
            metadata:
              name: stash
            spec:
              agent: none
              backup: false
              operator: false
              prometheus:
                namespace: ""
              serviceMonitor:
                labels:
                  app: stash
            status:
              appliedTime: "2026-11-23T08:00:00Z"
              created: []

            """);
    }

    [Fact]
    public void The_scrape_job_follows_how_the_gateway_is_reached()
    {
        EmbeddedResources resources = new(_data)
        {
            Endpoints = new ScrapeEndpoints { Gateway = "127.0.0.1:1", Api = "127.0.0.1:2", GatewayScheme = "https", GatewayPath = "/push/expose", GatewayTokenFile = "/etc/stash/token" },
        };
        var job = resources.Preview(new MonitoringSpec { Agent = "builtin", Backup = true }).Single(i => i.Name == "prometheus/stash-scrape.yml").Content;
        job.ShouldContain("    scheme: https\n");
        job.ShouldContain("    metrics_path: /push/expose\n");
        job.ShouldContain("    authorization:\n      credentials_file: /etc/stash/token\n");
        var monitor = resources.Preview(new MonitoringSpec { Agent = "coreos-operator", Backup = true }).Single(i => i.Action == "create").Content;
        monitor.ShouldContain("    scheme: https\n");
        monitor.ShouldContain("    path: /push/expose\n");
    }

    [Fact]
    public async Task A_save_keeps_the_comments_and_makes_the_files_and_off_removes_them()
    {
        await _store.ReloadAsync(Stop);
        await File.WriteAllTextAsync(Manifest, "# ours\n" + await File.ReadAllTextAsync(Manifest, Stop), Stop);
        await _store.ReloadAsync(Stop);

        var saved = await SaveAsync(s => s with { Agent = "builtin", Backup = true, Operator = true });
        saved!.Spec.Agent.ShouldBe("prometheus.io/builtin");
        saved.Status!.Created.ShouldBe(["prometheus/stash-scrape.yml", "prometheus/targets/stash-operator.json", "prometheus/targets/stash-pushgateway.json"]);
        (await File.ReadAllTextAsync(Manifest, Stop)).ShouldStartWith("# ours\n");
        (await File.ReadAllTextAsync(_folder.In("prometheus/targets/stash-pushgateway.json"), Stop)).ShouldContain("\"127.0.0.1:56789\"");
        File.ReadAllText(_folder.In("monitoring.yaml.bak")).ShouldContain("agent: none");

        await SaveAsync(s => s with { Operator = false });
        File.Exists(_folder.In("prometheus/targets/stash-operator.json")).ShouldBeFalse();
        (await File.ReadAllTextAsync(_folder.In("prometheus/stash-scrape.yml"), Stop)).ShouldNotContain("stash-operator");

        await SaveAsync(s => s with { Agent = "coreos-operator" });
        File.Exists(_folder.In("prometheus/stash-scrape.yml")).ShouldBeFalse();
        (await File.ReadAllTextAsync(_folder.In("kubernetes/stash-servicemonitor.yaml"), Stop)).ShouldContain("port: pushgateway\n      honorLabels: true");

        await SaveAsync(s => s with { Agent = "none" });
        Directory.EnumerateFiles(_folder.FullPath, "*stash-*", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    [Fact]
    public async Task Of_two_who_read_the_same_the_second_to_save_is_refused()
    {
        await _store.ReloadAsync(Stop);
        var read = _store.Current;
        (await _store.SaveAsync(read with { Spec = read.Spec with { Backup = true } }, Stop)).ShouldNotBeNull();
        (await Should.ThrowAsync<SettingsException>(() => _store.SaveAsync(read with { Spec = read.Spec with { Operator = true } }, Stop))).Failure.ShouldBe(SettingsFailure.Conflict);
        _store.Current.Spec.Backup.ShouldBeTrue();
        _store.Current.Spec.Operator.ShouldBeFalse();
    }

    [Fact]
    public async Task An_edit_by_hand_that_nobody_has_seen_yet_is_not_overwritten()
    {
        await _store.ReloadAsync(Stop);
        var read = _store.Current;
        await EditAsync("backup: false", "backup: true");
        (await Should.ThrowAsync<SettingsException>(() => _store.SaveAsync(read with { Spec = read.Spec with { Operator = true } }, Stop))).Failure.ShouldBe(SettingsFailure.Conflict);
        _store.Current.Spec.Backup.ShouldBeTrue();
        (await File.ReadAllTextAsync(Manifest, Stop)).ShouldContain("backup: true");
    }

    [Fact]
    public async Task An_edit_by_hand_is_told_to_those_who_watch()
    {
        await _store.ReloadAsync(Stop);
        using var subscription = _hub.Subscribe();
        await EditAsync("backup: false", "backup: true");
        await _store.ReloadAsync(Stop);
        subscription.Events.TryRead(out var told).ShouldBeTrue();
        ((StashEvent.SettingsChanged)told!).Settings.Spec.Backup.ShouldBeTrue();

        // Read again without a change: nothing to tell.
        await _store.ReloadAsync(Stop);
        subscription.Events.TryRead(out _).ShouldBeFalse();
    }

    [Theory]
    [InlineData("agent: none", "agent: grafana", "spec.agent: \"grafana\" is not an agent")]
    [InlineData("agent: none", "agnet: none", "monitoring.yaml, line 7: there is no field spec.agnet. Known here: agent, backup")]
    [InlineData("backup: false", "backup: maybe", "monitoring.yaml, line 8: spec.backup \"maybe\" is not right: give true or false.")]
    [InlineData("      app: stash", "      -app-: stash", "\"-app-\" is not a label key")]
    [InlineData("agent: none", "agent: [none", "monitoring.yaml is not YAML. Check that each bracket and quote is closed.")]
    public async Task A_wrong_edit_leaves_the_settings_before_in_force_and_says_why(string before, string after, string error)
    {
        await _store.ReloadAsync(Stop);
        await SaveAsync(s => s with { Agent = "none", Prometheus = new PrometheusSpec { Namespace = "monitoring" } });
        await EditAsync(before, after);
        await _store.ReloadAsync(Stop);

        _store.Current.Status!.Error!.ShouldContain(error);
        _store.Current.Status.Error.ShouldEndWith("The settings before stay in force.");
        _store.Current.Spec.Prometheus.Namespace.ShouldBe("monitoring");
        (await File.ReadAllTextAsync(Manifest, Stop)).ShouldContain(after);

        // Saving with the version of the broken file puts it right; the broken text is kept beside it.
        (await SaveAsync(s => s)).ShouldNotBeNull();
        _store.Current.Status!.Error.ShouldBeNull();
        (await File.ReadAllTextAsync(Manifest + ".bak", Stop)).ShouldContain(after);
    }

    [Fact]
    public async Task A_wrong_file_at_start_removes_nothing()
    {
        Directory.CreateDirectory(_folder.In("prometheus"));
        await File.WriteAllTextAsync(_folder.In("prometheus/stash-scrape.yml"), "as it was", Stop);
        await File.WriteAllTextAsync(Manifest, "spec: [", Stop);
        await _store.ReloadAsync(Stop);
        _store.Current.Status!.Error!.ShouldEndWith("Nothing is changed until it is right.");
        (await File.ReadAllTextAsync(_folder.In("prometheus/stash-scrape.yml"), Stop)).ShouldBe("as it was");
    }

    [Fact]
    public void A_preview_changes_nothing_and_names_what_would_come_and_go()
    {
        var spec = new MonitoringSpec { Agent = "builtin", Backup = true };
        _store.Preview(new MonitoringManifest { Spec = spec }).Items.Select(i => (i.Action, i.Name))
            .ShouldBe([("create", "prometheus/stash-scrape.yml"), ("create", "prometheus/targets/stash-pushgateway.json")]);
        Directory.Exists(_folder.In("prometheus")).ShouldBeFalse();

        var labels = new ServiceMonitorSpec { Labels = new Dictionary<string, string>(StringComparer.Ordinal) { ["a b"] = "c" } };
        _store.Preview(new MonitoringManifest { Spec = spec with { ServiceMonitor = labels } }).Errors.ShouldHaveSingleItem().Field.ShouldBe("spec.serviceMonitor.labels[a b]");
    }

    [Fact]
    public async Task A_preview_tells_what_is_there_before()
    {
        await _store.ReloadAsync(Stop);
        var spec = new MonitoringSpec { Agent = "builtin", Backup = true };
        _store.Preview(new MonitoringManifest { Spec = spec }).Items.ShouldAllBe(i => i.Before == null);
        await _store.SaveAsync(_store.Current with { Spec = spec }, Stop);
        var snippet = await File.ReadAllTextAsync(_data.In("prometheus", "stash-scrape.yml"), Stop);

        var update = _store.Preview(new MonitoringManifest { Spec = spec with { Operator = true } }).Items.Single(i => i.Name == "prometheus/stash-scrape.yml");
        (update.Action, update.Before).ShouldBe(("update", snippet));
        update.Content.ShouldNotBe(snippet);
        var delete = _store.Preview(new MonitoringManifest()).Items.Single(i => i.Name == "prometheus/stash-scrape.yml");
        (delete.Action, delete.Content, delete.Before).ShouldBe(("delete", "", snippet));
    }

    [Fact]
    public async Task A_restart_without_a_change_writes_nothing()
    {
        await _store.ReloadAsync(Stop);
        var before = File.GetLastWriteTimeUtc(Manifest);
        var later = new FakeTimeProvider(new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero));
        using var again = new MonitoringStore(_data, new EmbeddedResources(_data) { Endpoints = new ScrapeEndpoints { Gateway = "127.0.0.1:1", Api = "127.0.0.1:2" } }, _hub, later, NullLogger<MonitoringStore>.Instance);
        await again.ReloadAsync(Stop);
        again.Current.Metadata.ResourceVersion.ShouldBe(_store.Current.Metadata.ResourceVersion);
        File.GetLastWriteTimeUtc(Manifest).ShouldBe(before);
    }

    private async Task<MonitoringManifest?> SaveAsync(Func<MonitoringSpec, MonitoringSpec> change) =>
        (await _store.SaveAsync(_store.Current with { Spec = change(_store.Current.Spec) }, Stop)).After;

    private async Task EditAsync(string before, string after)
    {
        var text = await File.ReadAllTextAsync(Manifest, Stop);
        text.ShouldContain(before);
        await File.WriteAllTextAsync(Manifest, text.Replace(before, after, StringComparison.Ordinal), Stop);
    }
}
