using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Serialization.Metadata;
using Stash.Core.Api;

namespace Stash.Operator.Tests.Support;

internal static class ApiRequests
{
    /// <summary>GET of a path under the API's root that is expected to succeed.</summary>
    public static async Task<T> GetAsync<T>(this OperatorProcess @operator, string path, JsonTypeInfo<T> type)
    {
        using var answer = await @operator.Api.GetAsync(path, TestContext.Current.CancellationToken);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return (await answer.Content.ReadFromJsonAsync(type, TestContext.Current.CancellationToken))!;
    }

    public static Task<SessionList> SessionsAsync(this OperatorProcess @operator, string query = "") =>
        @operator.GetAsync($"sessions{query}", StashJson.Default.SessionList);

    /// <summary>The answer as a Kubernetes <c>Status</c>, after checking that it is one.</summary>
    public static async Task<KubernetesStatus> StatusAsync(this HttpResponseMessage answer, HttpStatusCode code)
    {
        var body = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        answer.StatusCode.ShouldBe(code, body);
        answer.Content.Headers.ContentType?.MediaType.ShouldBe("application/json");
        var status = System.Text.Json.JsonSerializer.Deserialize(body, StashJson.Default.KubernetesStatus)!;
        (status.Kind, status.ApiVersion, status.Status, status.Code).ShouldBe(("Status", "v1", "Failure", (int)code));
        status.Message.ShouldNotBeEmpty();
        return status;
    }
}
