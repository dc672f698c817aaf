using Microsoft.AspNetCore.Http;
using Stash.Operator.Gateway.Access;

namespace Stash.Operator.Tests.Gateway.Access;

public sealed class SameOriginTests
{
    [Theory]
    [InlineData("127.0.0.1:56789", null, null, true)] // No browser.
    [InlineData("127.0.0.1:56789", "http://127.0.0.1:56789", null, true)]
    [InlineData("127.0.0.1:56789", "http://127.0.0.1:56789", "same-origin", true)]
    [InlineData("127.0.0.1:56789", null, "none", true)]
    [InlineData("127.0.0.1:56789", "https://evil.example", null, false)]
    [InlineData("127.0.0.1:56789", "https://evil.example", "cross-site", false)]
    [InlineData("127.0.0.1:56789", "http://127.0.0.1:8080", "same-site", false)]
    [InlineData("127.0.0.1:56789", "http://127.0.0.1:8080", null, false)]
    [InlineData("127.0.0.1:56789", "null", null, false)]
    [InlineData("evil.example:56789", "http://evil.example:56789", "same-origin", false)] // Its name points at this machine.
    [InlineData("evil.example:56789", "http://evil.example:56789", null, false)]
    [InlineData("localhost:56789", "http://localhost:56789", null, true)]
    [InlineData("[::1]:56789", "http://[::1]:56789", null, true)]
    [InlineData("push.example:443", "https://push.example", null, true)]
    [InlineData("127.0.0.1:56789", "https://push.example", null, true)] // The proxy gives a host of its own.
    [InlineData("push.example", "https://push.example", "same-origin", true)]
    public void Only_a_page_of_the_gateways_own_may_change_anything(string host, string? origin, string? site, bool allowed)
    {
        DefaultHttpContext context = new();
        context.Request.Host = new HostString(host);
        if (origin is not null)
        {
            context.Request.Headers.Origin = origin;
        }

        if (site is not null)
        {
            context.Request.Headers["Sec-Fetch-Site"] = site;
        }

        new SameOrigin(new Uri("https://push.example/"), loopbackOnly: true).Allows(context.Request).ShouldBe(allowed);
    }

    [Fact]
    public void A_gateway_that_others_reach_has_whatever_name_they_use()
    {
        DefaultHttpContext context = new();
        context.Request.Host = new HostString("push.example:9091");
        context.Request.Headers.Origin = "http://push.example:9091";
        new SameOrigin(null, loopbackOnly: false).Allows(context.Request).ShouldBeTrue();
    }
}
