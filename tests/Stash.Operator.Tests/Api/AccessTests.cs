using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.OpenApi;
using Stash.Core.Api;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Api;

/// <summary>Who gets in, and the document that says what there is.</summary>
public sealed class AccessTests(OperatorFixture fixture) : IClassFixture<OperatorFixture>
{
    private readonly OperatorProcess _operator = fixture.Operator;

    public static TheoryData<string, string> Closed => new(
        ("GET", ApiPaths.Sessions), ("GET", ApiPaths.Sessions + "/x"), ("GET", ApiPaths.Aggregates), ("GET", ApiPaths.Apps), ("GET", ApiPaths.Running), ("GET", ApiPaths.Events),
        ("GET", ApiPaths.Groups), ("GET", ApiPaths.Settings), ("PUT", ApiPaths.Settings), ("POST", ApiPaths.SettingsPreview), ("GET", "/metrics"), ("GET", "/openapi/v1.json"),
        ("GET", "/"), ("GET", "/apis/none"));

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Closed))]
    public async Task Nothing_is_told_without_the_token(string method, string path)
    {
        foreach (var token in new[] { null, "wrong", new string('0', 64), _operator.Token + "0" })
        {
            using var client = _operator.NewApiClient(token);
            using var request = new HttpRequestMessage(new HttpMethod(method), path);
            using var answer = await client.SendAsync(request, Stop);
            var status = await answer.StatusAsync(HttpStatusCode.Unauthorized);
            status.Reason.ShouldBe("Unauthorized");
            status.Message.ShouldBe("Send the token of the file api-token in the operator's data folder as \"Authorization: Bearer TOKEN\".");
            answer.Headers.WwwAuthenticate.ShouldBe([new AuthenticationHeaderValue("Bearer")]);
        }
    }

    [Theory]
    [InlineData("Basic")]
    [InlineData("Token")]
    public async Task Only_a_bearer_is_taken(string scheme)
    {
        using var client = _operator.NewApiClient(null);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(scheme, _operator.Token);
        using var answer = await client.GetAsync("sessions", Stop);
        await answer.StatusAsync(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Health_is_open()
    {
        using var client = _operator.NewApiClient(null);
        (await client.GetStringAsync(ApiPaths.Health, Stop)).ShouldBe("ok");
    }

    [Fact]
    public async Task A_client_that_does_not_know_the_authority_refuses_it()
    {
        using var client = new HttpClient();
        await Should.ThrowAsync<HttpRequestException>(() => client.GetAsync(new Uri(_operator.ApiAddress, ApiPaths.Health), Stop));
    }

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
            ["get /sessions", "get /sessions/{id}", "get /aggregates", "get /apps", "get /running", "get /events", "get /groups", "get /settings", "put /settings", "post /settings/preview"],
            ignoreOrder: true);
        var list = paths.GetProperty(ApiPaths.Sessions).GetProperty("get");
        list.GetProperty("parameters").EnumerateArray().Select(p => p.GetProperty("name").GetString()).ShouldBe(["namespace", "app", "operation", "outcome", "from", "to", "limit", "continue"]);
        list.GetProperty("responses").EnumerateObject().Select(r => r.Name).ShouldBe(["200", "400", "401"]);

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

    private static IEnumerable<string> References(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(p => p.NameEquals("$ref") && p.Value.ValueKind == JsonValueKind.String ? [p.Value.GetString()!] : References(p.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(References),
        _ => [],
    };
}
