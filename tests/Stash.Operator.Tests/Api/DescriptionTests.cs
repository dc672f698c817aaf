using System.Net;
using System.Text.Json;
using Microsoft.OpenApi;
using Stash.Core.Api;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Api;

/// <summary>The document that says what there is, and what is told of what there is not.</summary>
public sealed class DescriptionTests(OperatorFixture fixture) : IClassFixture<OperatorFixture>
{
    private readonly OperatorProcess _operator = fixture.Operator;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("GET", ApiPaths.Root + "/none", HttpStatusCode.NotFound, "NotFound")]
    [InlineData("DELETE", ApiPaths.Sessions, HttpStatusCode.MethodNotAllowed, "MethodNotAllowed")]
    public async Task What_there_is_not_is_a_status_too(string method, string path, HttpStatusCode code, string reason)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var answer = await _operator.Api.SendAsync(request, Stop);
        (await answer.StatusAsync(code)).Reason.ShouldBe(reason);
    }

    [Fact]
    public async Task The_openapi_document_lists_every_path_with_its_parameters_and_answers()
    {
        var text = await _operator.Api.GetStringAsync("/openapi/v1.json", Stop);
        OpenApiDocument.Parse(text, "json").Diagnostic!.Errors.ShouldBeEmpty();
        using var document = JsonDocument.Parse(text);
        var root = document.RootElement;
        root.GetProperty("openapi").GetString()!.ShouldStartWith("3.");
        root.GetProperty("info").GetProperty("version").GetString()!.ShouldMatch(@"^\d+\.\d+\.\d+$");
        root.GetProperty("components").GetProperty("securitySchemes").GetProperty("token").GetProperty("scheme").GetString().ShouldBe("bearer");
        var paths = root.GetProperty("paths");
        paths.EnumerateObject().SelectMany(p => p.Value.EnumerateObject().Select(m => $"{m.Name} {p.Name[ApiPaths.Root.Length..]}")).ShouldBe(
            ["get /sessions", "get /sessions/{id}", "get /aggregates", "get /apps", "get /running", "get /events", "get /groups", "get /settings", "put /settings", "post /settings/preview", "get /whoami"],
            ignoreOrder: true);
        var list = paths.GetProperty(ApiPaths.Sessions).GetProperty("get");
        list.GetProperty("parameters").EnumerateArray().Select(p => p.GetProperty("name").GetString()).ShouldBe(["namespace", "app", "operation", "outcome", "from", "to", "limit", "continue"]);
        list.GetProperty("responses").EnumerateObject().Select(r => r.Name).ShouldBe(["200", "400", "401", "403", "429", "503"], ignoreOrder: true);

        // Every reference leads somewhere.
        foreach (var reference in References(root))
        {
            reference.ShouldStartWith("#/");
            var at = root;
            foreach (var name in reference[2..].Split('/'))
            {
                at.TryGetProperty(name, out at).ShouldBeTrue(reference);
            }
        }

        var session = root.GetProperty("components").GetProperty("schemas").GetProperty("Session").GetProperty("properties");
        session.TryGetProperty("durationSeconds", out _).ShouldBeTrue();
        root.GetProperty("components").GetProperty("schemas").GetProperty("SessionOutcome").GetProperty("enum").GetArrayLength().ShouldBe(2);
    }

    [Fact]
    public async Task Discovery_lists_the_resources_that_there_are_with_their_verbs()
    {
        using var groups = JsonDocument.Parse(await _operator.Api.GetStringAsync("/apis", Stop));
        groups.RootElement.GetProperty("kind").GetString().ShouldBe("APIGroupList");
        groups.RootElement.GetProperty("groups")[0].GetProperty("preferredVersion").GetProperty("groupVersion").GetString().ShouldBe($"{ApiPaths.Group}/{ApiPaths.Version}");
        using var group = JsonDocument.Parse(await _operator.Api.GetStringAsync($"/apis/{ApiPaths.Group}", Stop));
        (group.RootElement.GetProperty("kind").GetString(), group.RootElement.GetProperty("name").GetString()).ShouldBe(("APIGroup", ApiPaths.Group));
        using var resources = JsonDocument.Parse(await _operator.Api.GetStringAsync(ApiPaths.Root, Stop));
        resources.RootElement.GetProperty("kind").GetString().ShouldBe("APIResourceList");
        resources.RootElement.GetProperty("resources").EnumerateArray().Select(r =>
        {
            r.GetProperty("namespaced").GetBoolean().ShouldBeFalse();
            return $"{r.GetProperty("name").GetString()} {r.GetProperty("kind").GetString()} {string.Join(',', r.GetProperty("verbs").EnumerateArray().Select(v => v.GetString()))}";
        }).ShouldBe(
        [
            "aggregates SessionAggregates list", "apps App list", "events Event watch", "groups Group list", "running Running list",
            "sessions Session get,list", "settings Settings get,update", "settings/preview SettingsPreview create", "whoami WhoAmI get",
        ]);
    }

    private static IEnumerable<string> References(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(p => p.NameEquals("$ref") && p.Value.ValueKind == JsonValueKind.String ? [p.Value.GetString()!] : References(p.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(References),
        _ => [],
    };
}
