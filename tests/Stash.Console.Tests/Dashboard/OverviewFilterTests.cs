using Stash.Console.Dashboard;
using Stash.Console.Tests.Support;
using Stash.Core.Sessions;

namespace Stash.Console.Tests.Dashboard;

public sealed class OverviewFilterTests
{
    [Theory]
    [InlineData("/")]
    [InlineData("/?namespace=a&namespace=b&app=web")]
    [InlineData("/?app=a%26b%20%2F%20%C3%A4&range=7d")]
    [InlineData("/?from=2026-01-02T03%3A04%3A05Z&to=2026-01-03T00%3A00%3A00Z")]
    public void A_path_goes_and_comes_back(string path) => OverviewFilter.FromUri("http://host" + path).ToPath().ShouldBe(path);

    [Theory]
    [InlineData("/?range=24h", "/")]
    [InlineData("/?range=forever", "/")]
    [InlineData("/?from=yesterday&to=2026-01-03T00%3A00%3A00Z", "/")]
    [InlineData("/?from=2026-01-03T00%3A00%3A00Z&to=2026-01-02T00%3A00%3A00Z&range=1h", "/?range=1h")]
    [InlineData("/?namespace=b&namespace=a&namespace=b&namespace=&unknown=1", "/?namespace=a&namespace=b")]
    [InlineData("/?from=2026-01-02T03:04:05%2B02:00&to=2026-01-03T00:00:00Z", "/?from=2026-01-02T01%3A04%3A05Z&to=2026-01-03T00%3A00%3A00Z")]
    public void What_cannot_be_read_counts_as_not_given(string path, string same) => OverviewFilter.FromUri("http://host" + path).ToPath().ShouldBe(same);

    [Fact]
    public void Sessions_match_by_name_and_end()
    {
        var now = DateTimeOffset.UtcNow;
        var filter = new OverviewFilter { Namespaces = ["shop"], Range = TimeRange.Presets[0] };

        filter.Matches(Sessions.Succeeded("web", "shop", TimeSpan.FromMinutes(59)), now).ShouldBeTrue();
        filter.Matches(Sessions.Succeeded("web", "shop", TimeSpan.FromMinutes(61)), now).ShouldBeFalse();
        filter.Matches(Sessions.Succeeded("web", "media"), now).ShouldBeFalse();
        (filter with { Range = TimeRange.Fixed(now.AddHours(-1), now.AddMinutes(-30)) }).Matches(Sessions.Succeeded("web", "shop", TimeSpan.FromMinutes(5)), now).ShouldBeFalse();
    }

    [Fact]
    public void The_query_of_a_range_up_to_now_has_no_end()
    {
        var now = new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

        var query = new OverviewFilter { Apps = ["web"] }.ToQuery(now, SessionOutcome.Failed);

        query.From.ShouldBe(now.AddDays(-1));
        query.To.ShouldBeNull();
        query.Apps.ShouldBe(["web"]);
        query.Outcome.ShouldBe(SessionOutcome.Failed);
    }
}
