using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Stash.Core.Api;
using Stash.Core.Monitoring;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Monitoring;

/// <summary>Monitoring settings in the running process: over the API and by hand, and what each agent makes.</summary>
public sealed class SettingsTests : IAsyncLifetime
{
    private static readonly string[] Folders = ["prometheus", "kubernetes"];

    private OperatorProcess _operator = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Manifest => Path.Combine(_operator.DataDirectory, "monitoring.yaml");

    public async ValueTask InitializeAsync() => _operator = await OperatorProcess.StartAsync();

    public ValueTask DisposeAsync() => _operator.DisposeAsync();

    [Fact]
    public async Task They_begin_as_those_of_083()
    {
        var settings = await ReadAsync();
        (settings.ApiVersion, settings.Kind, settings.Metadata.Name).ShouldBe(("stash.appscode.com/v1alpha1", "Monitoring", "stash"));
        (settings.Spec.Agent, settings.Spec.Backup, settings.Spec.Operator, settings.Spec.Prometheus.Namespace).ShouldBe(("none", false, false, ""));
        settings.Spec.ServiceMonitor.Labels.ShouldBe(new Dictionary<string, string>(StringComparer.Ordinal) { ["app"] = "stash" });
        settings.Status!.Created.ShouldBeEmpty();
    }

    [Fact]
    public async Task Saved_they_are_in_force_told_and_in_the_file()
    {
        await using var events = await EventReader.OpenAsync(_operator);
        await events.NextAsync("ping");
        var before = await ReadAsync();

        var saved = await SaveAsync(before with { Spec = before.Spec with { Agent = "builtin", Backup = true } });

        saved.Spec.Agent.ShouldBe("prometheus.io/builtin");
        saved.Metadata.ResourceVersion.ShouldNotBe(before.Metadata.ResourceVersion);
        saved.Status!.Created.ShouldBe(["prometheus/stash-scrape.yml", "prometheus/targets/stash-pushgateway.json"]);
        var told = JsonSerializer.Deserialize((await events.NextAsync("settings")).Data, StashJson.Default.MonitoringManifest)!;
        told.Metadata.ResourceVersion.ShouldBe(saved.Metadata.ResourceVersion);
        (await File.ReadAllTextAsync(Manifest, Stop)).ShouldContain("  agent: prometheus.io/builtin\n  backup: true\n");

        // Over a restart too.
        await _operator.StopAsync();
        await _operator.StartAgainAsync();
        (await ReadAsync()).Spec.Agent.ShouldBe("prometheus.io/builtin");
    }

    [Fact]
    public async Task The_later_of_two_writers_is_refused()
    {
        var read = await ReadAsync();
        await SaveAsync(read with { Spec = read.Spec with { Backup = true } });

        using var answer = await PutAsync(read with { Spec = read.Spec with { Operator = true } });
        var status = await answer.StatusAsync(HttpStatusCode.Conflict);
        (status.Reason, status.Details!.Kind, status.Details.Name).ShouldBe(("Conflict", "Monitoring", "stash"));
        ((await ReadAsync()).Spec.Backup, (await ReadAsync()).Spec.Operator).ShouldBe((true, false));
    }

    [Fact]
    public async Task Of_many_writers_at_once_each_success_stays_until_the_next()
    {
        var read = await ReadAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => PutAsync(read with { Spec = read.Spec with { Prometheus = new PrometheusSpec { Namespace = $"ns-{i}" } } })));
        var winner = answers.Where(a => a.StatusCode == HttpStatusCode.OK).ShouldHaveSingleItem();
        answers.Count(a => a.StatusCode == HttpStatusCode.Conflict).ShouldBe(11);
        (await winner.Content.ReadFromJsonAsync(StashJson.Default.MonitoringManifest, Stop))!.Spec.Prometheus.Namespace.ShouldBe((await ReadAsync()).Spec.Prometheus.Namespace);
        foreach (var answer in answers)
        {
            answer.Dispose();
        }
    }

    [Fact]
    public async Task An_edit_by_hand_is_taken_up_and_is_a_conflict_for_who_read_before()
    {
        var read = await ReadAsync();
        var text = await File.ReadAllTextAsync(Manifest, Stop);
        await File.WriteAllTextAsync(Manifest, text.Replace("operator: false", "operator: true # mine", StringComparison.Ordinal), Stop);
        await Eventually.TrueAsync("the edit is in force", async () => (await ReadAsync()).Spec.Operator);

        using var answer = await PutAsync(read with { Spec = read.Spec with { Backup = true } });
        await answer.StatusAsync(HttpStatusCode.Conflict);
        (await File.ReadAllTextAsync(Manifest, Stop)).ShouldContain("operator: true # mine");
    }

    [Fact]
    public async Task An_edit_by_hand_a_moment_before_a_save_is_not_lost()
    {
        // Without waiting for the edit to be taken up.
        var read = await ReadAsync();
        var text = await File.ReadAllTextAsync(Manifest, Stop);
        await File.WriteAllTextAsync(Manifest, text.Replace("backup: false", "backup: true", StringComparison.Ordinal), Stop);
        using var answer = await PutAsync(read with { Spec = read.Spec with { Operator = true } });
        await answer.StatusAsync(HttpStatusCode.Conflict);
        (await ReadAsync()).Spec.Backup.ShouldBeTrue();
    }

    [Theory]
    [InlineData("agent: none", "agent: zabbix", "monitoring.yaml: spec.agent: \"zabbix\" is not an agent: give one of none, prometheus.io/builtin, prometheus.io/coreos-operator (short: builtin, coreos-operator).")]
    [InlineData("agent: none", "agnet: none", "agnet")]
    [InlineData("backup: true", "backup: [", "monitoring.yaml")]
    [InlineData("app: stash", "\"-app\": stash", "spec.serviceMonitor.labels[-app]")]
    public async Task A_wrong_edit_leaves_the_settings_before_in_force_and_says_why(string from, string to, string error)
    {
        var read = await ReadAsync();
        await SaveAsync(read with { Spec = read.Spec with { Backup = true } });
        var text = await File.ReadAllTextAsync(Manifest, Stop);
        await File.WriteAllTextAsync(Manifest, text.Replace(from, to, StringComparison.Ordinal), Stop);
        var settings = await Eventually.GetAsync("the error is told", async () => await ReadAsync() is { Status.Error: not null } s ? s : null);
        settings.Status!.Error!.ShouldContain(error);
        settings.Status.Error.ShouldEndWith("The settings before stay in force.");
        settings.Spec.Backup.ShouldBeTrue();

        // Put right by hand, all is well.
        await File.WriteAllTextAsync(Manifest, text.Replace("operator: false", "operator: true", StringComparison.Ordinal), Stop);
        await Eventually.TrueAsync("the file is right again", async () => await ReadAsync() is { Status.Error: null, Spec.Operator: true });
    }

    [Fact]
    public async Task A_deleted_file_comes_back_with_the_defaults()
    {
        File.Delete(Manifest);
        await Eventually.TrueAsync("the file is back", () => File.Exists(Manifest));
    }

    [Fact]
    public async Task A_preview_shows_what_would_be_and_changes_nothing()
    {
        var read = await ReadAsync();
        using var content = JsonContent.Create(read with { Spec = read.Spec with { Agent = "coreos-operator", Backup = true, Operator = true, Prometheus = new PrometheusSpec { Namespace = "monitoring" } } }, StashJson.Default.MonitoringManifest);
        using var answer = await _operator.Api.PostAsync("settings/preview", content, Stop);
        var preview = (await answer.Content.ReadFromJsonAsync(StashJson.Default.SettingsPreview, Stop))!;
        preview.Errors.ShouldBeEmpty();
        var item = preview.Items.ShouldHaveSingleItem();
        (item.Action, item.Kind, item.Name).ShouldBe(("create", "ServiceMonitor", "kubernetes/stash-servicemonitor.yaml"));
        item.Content.ShouldContain("namespace: monitoring");
        (await ReadAsync()).Metadata.ResourceVersion.ShouldBe(read.Metadata.ResourceVersion);
        Directory.Exists(Path.Combine(_operator.DataDirectory, "kubernetes")).ShouldBeFalse();
    }

    [Fact]
    public async Task Another_agent_takes_away_what_the_one_before_had_made()
    {
        string[] Files() => [.. Folders.Select(d => Path.Combine(_operator.DataDirectory, d)).Where(Directory.Exists)
            .SelectMany(d => Directory.EnumerateFiles(d, "*", SearchOption.AllDirectories)).Select(f => Path.GetRelativePath(_operator.DataDirectory, f)).Order(StringComparer.Ordinal)];

        var settings = await ReadAsync();
        settings = await SaveAsync(settings with { Spec = settings.Spec with { Agent = "builtin", Backup = true, Operator = true } });
        Files().ShouldBe(["prometheus/stash-scrape.yml", "prometheus/targets/stash-operator.json", "prometheus/targets/stash-pushgateway.json"]);
        settings = await SaveAsync(settings with { Spec = settings.Spec with { Agent = "coreos-operator" } });
        Files().ShouldBe(["kubernetes/stash-servicemonitor.yaml"]);
        settings = await SaveAsync(settings with { Spec = settings.Spec with { Agent = "none" } });
        Files().ShouldBeEmpty();
        settings.Status!.Created.ShouldBeEmpty();
    }

    private Task<MonitoringManifest> ReadAsync() => _operator.GetAsync("settings", StashJson.Default.MonitoringManifest);

    private async Task<MonitoringManifest> SaveAsync(MonitoringManifest manifest)
    {
        using var answer = await PutAsync(manifest);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync(Stop));
        return (await answer.Content.ReadFromJsonAsync(StashJson.Default.MonitoringManifest, Stop))!;
    }

    private Task<HttpResponseMessage> PutAsync(MonitoringManifest manifest) =>
        _operator.Api.PutAsJsonAsync("settings", manifest, StashJson.Default.MonitoringManifest, Stop);
}
