using System.Net;
using System.Net.Http.Json;
using System.Text;
using Stash.Core.Api;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Monitoring;

/// <summary>Settings over the API that are wrong: what is told, and nothing is changed.</summary>
public sealed class RefusedSettingsTests(OperatorFixture fixture) : IClassFixture<OperatorFixture>
{
    private readonly OperatorProcess _operator = fixture.Operator;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("""{"spec":{"agent":"zabbix"}}""", "spec.agent")]
    [InlineData("""{"spec":{"prometheus":{"namespace":"No_Namespace"}}}""", "spec.prometheus.namespace")]
    [InlineData("""{"spec":{"serviceMonitor":{"labels":{"-app":"x"}}}}""", "spec.serviceMonitor.labels[-app]")]
    [InlineData("""{"spec":{"serviceMonitor":{"labels":{"app":null}}}}""", "spec.serviceMonitor.labels[app]")]
    [InlineData("""{"kind":"Restic"}""", "kind")]
    public async Task A_wrong_value_is_named(string body, string field)
    {
        using var answer = await PutAsync(body);
        var status = await answer.StatusAsync(HttpStatusCode.UnprocessableEntity);
        status.Reason.ShouldBe("Invalid");
        status.Message.ShouldStartWith($"{field}: ");
        var cause = status.Details!.Causes!.ShouldHaveSingleItem();
        (cause.Reason, cause.Field).ShouldBe(("FieldValueInvalid", field));

        // The preview says the same, without being an error of the request.
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var preview = await _operator.Api.PostAsync("settings/preview", content, Stop);
        (await preview.Content.ReadFromJsonAsync(StashJson.Default.SettingsPreview, Stop))!.Errors.ShouldHaveSingleItem().Field.ShouldBe(field);
    }

    [Theory]
    [InlineData("""{"spec":{"agnet":"none"}}""", " at spec.agnet")]
    [InlineData("""{"spec":{"backup":"yes"}}""", " at spec.backup")]
    [InlineData("""{"spec":""", " at spec")]
    [InlineData("""{"spec":null}""", " at spec")]
    [InlineData("""{"spec":{"serviceMonitor":{"labels":null}}}""", " at spec.serviceMonitor.labels")]
    [InlineData("""{"spec":{"agent":null}}""", " at spec.agent")]
    [InlineData("null", "")]
    public async Task A_body_that_is_no_settings_is_refused_and_says_where(string body, string place)
    {
        using var answer = await PutAsync(body);
        var status = await answer.StatusAsync(HttpStatusCode.BadRequest);
        status.Message.ShouldContain($"{place}:");
    }

    [Fact]
    public async Task A_body_of_another_type_is_refused()
    {
        using var content = new StringContent("spec: {}", Encoding.UTF8, "application/yaml");
        using var answer = await _operator.Api.PutAsync("settings", content, Stop);
        (await answer.StatusAsync(HttpStatusCode.UnsupportedMediaType)).Message.ShouldBe("send the body as application/json");
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_refused()
    {
        using var content = new StringContent($"{{\"kind\":\"{new string('x', 2 << 20)}\"}}", Encoding.UTF8, "application/json");
        using var answer = await _operator.Api.PutAsync("settings", content, Stop);
        (await answer.StatusAsync(HttpStatusCode.RequestEntityTooLarge)).Reason.ShouldBe("RequestEntityTooLarge");
    }

    [Fact]
    public async Task A_writer_that_does_not_say_what_it_read_is_refused()
    {
        using var answer = await PutAsync("""{"spec":{"backup":true}}""");
        (await answer.StatusAsync(HttpStatusCode.UnprocessableEntity)).Details!.Causes!.ShouldHaveSingleItem().Field.ShouldBe("metadata.resourceVersion");
        (await _operator.GetAsync("settings", StashJson.Default.MonitoringManifest)).Spec.Backup.ShouldBeFalse();
    }

    private async Task<HttpResponseMessage> PutAsync(string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        return await _operator.Api.PutAsync("settings", content, Stop);
    }
}
