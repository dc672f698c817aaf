using System.Text.RegularExpressions;
using Stash.Operator.Gateway.Web;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Gateway;

/// <summary>The web page, as a browser without scripts gets it.</summary>
public sealed partial class WebPageTests
{
    [Fact]
    public async Task It_lists_groups_with_all_values_encoded()
    {
        await using var gateway = await GatewayServer.StartAsync();
        await PutAsync(gateway, "/metrics/job/%3Cscript%3E/x/%22%26'%0A", "# HELP y <b>bold</b> & \"quoted\"\ny{l=\"</td>\"} 1\n");
        var page = await GetAsync(gateway, "/");
        page.ShouldNotContain("<script");
        page.ShouldNotContain("<b>bold");
        page.ShouldContain("&lt;script&gt;");
        page.ShouldContain("\\&quot;&amp;&#x27;\\n");
        page.ShouldContain("&lt;b&gt;bold&lt;/b&gt; &amp; &quot;quoted&quot;");
        page.ShouldContain("l=\"&lt;/td&gt;\"");
        page.ShouldContain("the last push of none failed");
    }

    [Fact]
    public async Task It_can_run_nothing_and_be_framed_nowhere()
    {
        await using var gateway = await GatewayServer.StartAsync();
        foreach (var path in new[] { "/", "/status", "/wipe", "/delete?group=/metrics/job/a", "/delete" })
        {
            var answer = await RawHttp.SendAsync(gateway.Address, "GET", path);
            answer.Header("Content-Security-Policy").ShouldBe("default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'");
            answer.Header("X-Content-Type-Options").ShouldBe("nosniff");
            answer.Header("Content-Type").ShouldBe("text/html; charset=utf-8");
            foreach (var asset in Assets().Matches(answer.Body).Select(m => m.Groups["file"].Value))
            {
                (await RawHttp.SendAsync(gateway.Address, "GET", $"/{asset}")).Status.ShouldBe(200, asset);
            }
        }
    }

    [Fact]
    public async Task Its_filter_takes_words_and_labels_and_failures()
    {
        await using var gateway = await GatewayServer.StartAsync();
        await PutAsync(gateway, "/metrics/job/web/zone/eu", "x 1\n");
        await PutAsync(gateway, "/metrics/job/web/zone/us", "x 1\n");
        await PutAsync(gateway, "/metrics/job/zone/app/web", "x 1\n");
        await RawHttp.SendAsync(gateway.Address, "PUT", "/metrics/job/bad", "x 1 5\n");

        Groups(await GetAsync(gateway, "/")).ShouldBe(4);
        Groups(await GetAsync(gateway, "/?q=web")).ShouldBe(3);
        Groups(await GetAsync(gateway, "/?q=WEB%20eu")).ShouldBe(1);
        Groups(await GetAsync(gateway, "/?q=job%3Dweb")).ShouldBe(2);
        Groups(await GetAsync(gateway, "/?q=zone%3D%22us%22")).ShouldBe(1);
        Groups(await GetAsync(gateway, "/?show=failed")).ShouldBe(1);
        (await GetAsync(gateway, "/?show=failed")).ShouldContain("push failed just now");
        var none = await GetAsync(gateway, "/?q=%22%3E%3Cscript%3E");
        none.ShouldContain("No group fits.");
        none.ShouldContain("value=\"&quot;&gt;&lt;script&gt;\"");
    }

    [Fact]
    public async Task Many_groups_come_by_pages_and_large_groups_in_part()
    {
        await using var gateway = await GatewayServer.StartAsync();
        for (var i = 0; i < 120; i++)
        {
            await PutAsync(gateway, $"/metrics/job/j{i}", "x 1\n");
        }

        await PutAsync(gateway, "/metrics/job/a-large-one", string.Concat(Enumerable.Range(0, 5000).Select(i => $"y{{i=\"{i}\"}} {i}\n")));
        var first = await GetAsync(gateway, "/");
        Groups(first).ShouldBe(50);
        first.ShouldContain("Page 1 of 3");
        first.ShouldContain("href=\"./?q=&amp;page=2\"");
        first.ShouldContain("4,900 more, not shown here");
        Groups(await GetAsync(gateway, "/?page=3")).ShouldBe(21);
        Groups(await GetAsync(gateway, "/?page=99999999")).ShouldBe(21);
        Groups(await GetAsync(gateway, "/?page=-1")).ShouldBe(50);
        first.Length.ShouldBeLessThan(200_000);
    }

    [Theory]
    [InlineData("/metrics/job/a%2Fb/path/%2Fvar%2Flib")]
    [InlineData("/metrics/job/plain")]
    [InlineData("/metrics/job/%C3%A4%22'%3C/x@base64/=")]
    public async Task A_group_is_deleted_by_link_and_form(string path)
    {
        await using var gateway = await GatewayServer.StartAsync();
        await PutAsync(gateway, path, "x 1\n");
        await PutAsync(gateway, "/metrics/job/other", "x 1\n");
        var list = await GetAsync(gateway, "/");
        var link = DeleteLinks().Matches(list).Select(m => System.Net.WebUtility.HtmlDecode(m.Groups["link"].Value)).First(l => !l.Contains("b3RoZXI", StringComparison.Ordinal));
        var question = await GetAsync(gateway, "/" + link);
        question.ShouldContain("Delete this group?");
        gateway.Store.Statistics.Groups.ShouldBe(2, "asking deletes nothing");

        var action = System.Net.WebUtility.HtmlDecode(Actions().Match(question).Groups["link"].Value);
        var answer = await RawHttp.SendAsync(gateway.Address, "POST", "/" + action);
        answer.Status.ShouldBe(303);
        gateway.Store.Statistics.Groups.ShouldBe(1);
        var after = await GetAsync(gateway, "/" + answer.Header("Location")![2..]);
        after.ShouldContain("<p>Deleted:</p>");
        Groups(after).ShouldBe(1);
    }

    [Fact]
    public async Task All_groups_are_deleted_only_where_the_admin_API_is()
    {
        await using var gateway = await GatewayServer.StartAsync();
        await PutAsync(gateway, "/metrics/job/a", "x 1\n");
        (await GetAsync(gateway, "/")).ShouldContain("href=\"wipe\"");
        (await GetAsync(gateway, "/wipe")).ShouldContain("Delete all groups?");
        (await RawHttp.SendAsync(gateway.Address, "POST", "/wipe")).Status.ShouldBe(303);
        gateway.Store.Statistics.Groups.ShouldBe(0);

        await using var without = await GatewayServer.StartAsync(admin: false);
        await PutAsync(without, "/metrics/job/a", "x 1\n");
        (await GetAsync(without, "/")).ShouldNotContain("wipe");
        (await RawHttp.SendAsync(without.Address, "POST", "/wipe")).Status.ShouldBe(404);
        without.Store.Statistics.Groups.ShouldBe(1);
    }

    [Theory]
    [InlineData("/delete")]
    [InlineData("/delete?group=nonsense")]
    [InlineData("/delete?group=/metrics/job/a/__x/y")]
    public async Task A_link_that_names_no_group_says_so(string path)
    {
        await using var gateway = await GatewayServer.StartAsync();
        foreach (var method in new[] { "GET", "POST" })
        {
            var answer = await RawHttp.SendAsync(gateway.Address, method, path);
            answer.Status.ShouldBe(400);
            answer.Body.ShouldContain("The address names no group");
        }
    }

    [Fact]
    public async Task Another_sites_page_deletes_nothing()
    {
        await using var it = await OperatorProcess.StartAsync();
        await RawHttp.SendAsync(it.GatewayAddress, "PUT", "/metrics/job/a", "x 1\n");
        foreach (var header in new[] { "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site", "Origin: http://evil.example", "Origin: null" })
        {
            (await RawHttp.SendAsync(it.GatewayAddress, "POST", "/delete?group=/metrics/job/a", "", header)).Status.ShouldBe(403, header);
        }

        (await RawHttp.SendAsync(it.GatewayAddress, "GET", "/metrics")).Body.ShouldContain("job=\"a\"");
        (await RawHttp.SendAsync(it.GatewayAddress, "POST", "/delete?group=/metrics/job/a", "", "Sec-Fetch-Site: same-origin", $"Origin: http://{it.GatewayAddress.Authority}")).Status.ShouldBe(303);
        (await RawHttp.SendAsync(it.GatewayAddress, "GET", "/metrics")).Body.ShouldNotContain("job=\"a\"");
    }

    [Fact]
    public async Task The_status_tells_build_options_and_start()
    {
        await using var gateway = await GatewayServer.StartAsync();
        var page = await GetAsync(gateway, "/status");
        page.ShouldContain("<th scope=\"row\">web.enable-admin-api</th><td>true</td>");
        page.ShouldContain("<th scope=\"row\">goVersion</th><td>.NET ");
        page.ShouldContain("Started <time datetime=");
    }

    [Theory]
    [InlineData(0, "just now")]
    [InlineData(-5, "just now")]
    [InlineData(59, "59 s ago")]
    [InlineData(61, "1 min ago")]
    [InlineData(7200, "2 h ago")]
    [InlineData(200_000, "2 days ago")]
    public void An_age_is_told_in_its_largest_unit(int seconds, string text) => Age.Text(TimeSpan.FromSeconds(seconds)).ShouldBe(text);

    private static int Groups(string page) => page.Split("<details class=\"group\"").Length - 1;

    private static async Task PutAsync(GatewayServer gateway, string path, string body) => (await RawHttp.SendAsync(gateway.Address, "PUT", path, body)).Body.ShouldBe("");

    private static async Task<string> GetAsync(GatewayServer gateway, string path)
    {
        var answer = await RawHttp.SendAsync(gateway.Address, "GET", path);
        answer.Status.ShouldBe(200, answer.Body);
        return answer.Body;
    }

    [GeneratedRegex("(href|src)=\"(?<file>static/[^\"]*)\"", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Assets();

    [GeneratedRegex("href=\"(?<link>delete[^\"]*)\"", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex DeleteLinks();

    [GeneratedRegex("action=\"(?<link>[^\"]*)\"", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Actions();
}
