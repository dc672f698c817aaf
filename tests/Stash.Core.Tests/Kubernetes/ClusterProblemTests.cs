using System.Net;
using System.Text.Json;
using k8s.Autorest;
using Stash.Core.Kubernetes;

namespace Stash.Core.Tests.Kubernetes;

public sealed class ClusterProblemTests
{
    private const string Secret = "Bearer of-a-token";

    [Theory]
    [InlineData(HttpStatusCode.Forbidden, ClusterProblemKind.Forbidden, "The operator may not list things in the cluster: give it the right.")]
    [InlineData(HttpStatusCode.Unauthorized, ClusterProblemKind.Unauthorized, "The cluster's API server does not know the operator: see that the token or certificate of its service account or kubeconfig is valid.")]
    [InlineData(HttpStatusCode.NotFound, ClusterProblemKind.NotFound, "The cluster's API server failed at the request to list things (404): its log tells more.")]
    [InlineData(HttpStatusCode.Gone, ClusterProblemKind.Expired, "The cluster's API server failed at the request to list things (410): its log tells more.")]
    [InlineData(HttpStatusCode.TooManyRequests, ClusterProblemKind.Throttled, "The cluster's API server is too busy to list things (429): it is asked again when it said. Where this lasts, it has too little power or too many clients.")]
    [InlineData(HttpStatusCode.ServiceUnavailable, ClusterProblemKind.Failed, "The cluster's API server failed at the request to list things (503): its log tells more.")]
    public void An_answer_is_told_by_its_code(HttpStatusCode code, ClusterProblemKind kind, string message)
    {
        using HttpResponseMessage response = new(code);
        Of(new ApiServerException(code, Secret)).ShouldBe(new(kind, message));
        Of(new HttpOperationException(Secret) { Response = new HttpResponseMessageWrapper(response, Secret) }).ShouldBe(new(kind, message));
    }

    [Theory]
    [InlineData(HttpStatusCode.Forbidden, "You may not list things in the cluster: give it the right.")]
    [InlineData(HttpStatusCode.Unauthorized, "The cluster's API server does not know you: see that the token or certificate of your kubeconfig is valid.")]
    public void A_person_is_told_of_himself(HttpStatusCode code, string message) =>
        ClusterProblem.Of(new ApiServerException(code, Secret), "list things", "give it the right", ClusterUser.You).Message.ShouldBe(message);

    [Theory]
    [InlineData(HttpRequestError.NameResolutionError, "The name of the cluster's API server cannot be resolved")]
    [InlineData(HttpRequestError.ConnectionError, "The cluster's API server cannot be connected to")]
    [InlineData(HttpRequestError.SecureConnectionError, "The certificate of the cluster's API server is not from the authority")]
    [InlineData(HttpRequestError.ResponseEnded, "The connection to the cluster's API server broke")]
    [InlineData(HttpRequestError.Unknown, "The cluster's API server does not answer in time")]
    public void No_answer_is_told_by_its_cause(HttpRequestError error, string message)
    {
        var problem = Of(new HttpRequestException(error, Secret));
        problem.Kind.ShouldBe(ClusterProblemKind.Unreachable);
        problem.Message.ShouldStartWith(message);
        problem.Message.ShouldNotContain(Secret);
    }

    [Fact]
    public void A_time_that_ran_out_and_an_answer_that_is_none_are_told_apart()
    {
        Of(new TaskCanceledException(Secret)).ShouldBe(new(ClusterProblemKind.Unreachable, "The cluster's API server does not answer in time: see that it runs and that nothing between holds its answers up."));
        Of(new JsonException(Secret)).ShouldBe(new(ClusterProblemKind.Failed, "The answer of the cluster's API server to the request to list things is not understood: see that what it lists is as its definition says."));
    }

    private static ClusterProblem Of(Exception exception) => ClusterProblem.Of(exception, "list things", "give it the right");
}
