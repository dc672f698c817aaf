using Stash.Operator.Gateway.Access;

namespace Stash.Operator.Tests.Gateway.Access;

public sealed class AccessKindsTests
{
    [Theory]
    [InlineData("GET", "/metrics", "Read")]
    [InlineData("GET", "/", "Read")]
    [InlineData("GET", "/api/v1/metrics", "Read")]
    [InlineData("GET", "/-/ready", "Health")]
    [InlineData("HEAD", "/-/healthy", "Health")]
    [InlineData("GET", "/-/ready/", "Read")]
    [InlineData("PUT", "/-/ready", "Admin")]
    [InlineData("PUT", "/metrics/job/x", "Push")]
    [InlineData("POST", "/metrics/job@base64/eA/a/b", "Push")]
    [InlineData("DELETE", "/metrics/job/x", "Delete")]
    [InlineData("POST", "/delete", "Delete")]
    [InlineData("PUT", "/api/stash/v1/running/abc", "Push")]
    [InlineData("DELETE", "/api/stash/v1/running/abc", "Push")]
    [InlineData("PUT", "/-/quit", "Admin")]
    [InlineData("POST", "/-/quit", "Admin")]
    [InlineData("PUT", "/api/v1/admin/wipe", "Admin")]
    [InlineData("PUT", "/metrics/job/../../api/v1/admin/wipe", "Admin")]
    [InlineData("PUT", "//api/v1/admin/wipe", "Admin")]
    [InlineData("PUT", "/metrics/job//x", "Admin")]
    [InlineData("PATCH", "/anything", "Admin")]
    public void What_a_request_would_do_is_known_by_method_and_path(string method, string path, string kind) =>
        AccessKinds.Of(method, path).ToString().ShouldBe(kind);
}
