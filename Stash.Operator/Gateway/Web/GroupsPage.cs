using System.Globalization;
using Stash.Core.Exposition;
using Stash.Core.Gateway;

namespace Stash.Operator.Gateway.Web;

/// <summary>Lists the groups, a page at a time, with as many of their samples as a browser can bear.</summary>
internal static class GroupsPage
{
    private const int GroupsPerPage = 50;
    private const int MaxSamplesOfFamily = 100;
    private const int MaxSamplesOfPage = 3000;

    /// <summary>Families up to which a group that is shown alone is unfolded.</summary>
    private const int FewFamilies = 8;

    /// <param name="view">The groups.</param>
    /// <param name="query">Which of them.</param>
    /// <param name="address">Where the gateway is reached, without a slash at the end.</param>
    /// <param name="now">The time.</param>
    /// <param name="canDeleteAll">Whether all may be deleted at once.</param>
    public static Html Write(StoreView view, GroupsQuery query, string address, DateTimeOffset now, bool canDeleteAll)
    {
        Html html = new();
        var (shown, found, failed) = Select(view, query);
        var pages = Math.Max(1, (found + GroupsPerPage - 1) / GroupsPerPage);
        html.Add("<h1>Groups</h1>\n");
        WriteNotice(html, query);
        if (view.Count == 0)
        {
            html.Add($"""
                <div class="empty"><p><strong>No group is here.</strong></p><p class="soft">Push one, for example:</p>
                <pre><code>echo "my_metric 3.14" | curl --data-binary @- {address}/metrics/job/my_job</code></pre></div>

                """);
            return html;
        }

        html.Add($"<p class=\"soft\">{view.Count} {Plural(view.Count, "group", "groups")}, the last push of {(failed == 0 ? "none" : failed.ToString("N0", CultureInfo.InvariantCulture))} failed</p>\n");

        WriteTools(html, query, view.Count, canDeleteAll);
        if (found == 0)
        {
            html.Add("<div class=\"empty\"><p><strong>No group fits.</strong></p><p class=\"soft\">The words are looked for in names and values of labels; all have to be there.</p><p><a class=\"button\" href=\"./\">Show all groups</a></p></div>\n");
            return html;
        }

        if (found < view.Count)
        {
            html.Add($"<p class=\"soft\" role=\"status\">{found} of them {Plural(found, "fits", "fit")}.</p>\n");
        }

        html.Add("<ul class=\"groups\">\n");
        var budget = MaxSamplesOfPage;
        foreach (var group in shown)
        {
            WriteGroup(html, group, now, open: found == 1, ref budget);
        }

        html.Add("</ul>\n");
        WritePages(html, query with { Page = Math.Min(query.Page, pages) }, pages);
        return html;
    }

    private static (List<GroupView> Shown, int Found, int Failed) Select(StoreView view, GroupsQuery query)
    {
        var fits = query.Predicate();
        List<GroupView> shown = [];
        List<GroupView> last = [];
        var (found, failed) = (0, 0);
        var first = (long)(query.Page - 1) * GroupsPerPage;
        foreach (var group in view.Groups())
        {
            failed += GroupsQuery.HasFailed(group) ? 1 : 0;
            if (!fits(group))
            {
                continue;
            }

            if (found >= first && shown.Count < GroupsPerPage)
            {
                shown.Add(group);
            }

            // Of a page beyond the end, the last one there is is shown.
            if (found % GroupsPerPage == 0)
            {
                last.Clear();
            }

            last.Add(group);
            found++;
        }

        return (shown.Count > 0 ? shown : last, found, failed);
    }

    private static void WriteNotice(Html html, GroupsQuery query)
    {
        if (query.Deleted == "all")
        {
            html.Add("<p class=\"note good\" role=\"status\">All groups are deleted.</p>\n");
        }
        else if (PushPath.IsOne(query.Deleted) && PushPath.Parse(query.Deleted, out var group, utf8Names: true) is null)
        {
            html.Add("<div class=\"note good\" role=\"status\"><p>Deleted:</p>");
            WriteLabels(html, group!.Labels);
            html.Add("</div>\n");
        }
    }

    private static void WriteTools(Html html, GroupsQuery query, int count, bool canDeleteAll)
    {
        html.Add($"""
            <form class="tools" method="get" action="./" role="search">
            <input type="search" name="q" value="{query.Filter}" placeholder="Labels, as web or job=web" aria-label="Labels to look for">
            <select name="show" aria-label="Which groups">
            <option value="">All groups</option>
            <option value="failed"
            """).Add(query.Failed ? " selected" : "").Add(">Last push failed</option>\n</select>\n<button class=\"primary\">Show</button>\n");
        if (query.Filter.Length > 0 || query.Failed)
        {
            html.Add("<a class=\"button\" href=\"./\">Clear</a>\n");
        }

        if (canDeleteAll)
        {
            html.Add($"<a class=\"button danger push\" href=\"wipe\">Delete all {count}…</a>\n");
        }

        html.Add("</form>\n");
    }

    private static void WriteGroup(Html html, GroupView group, DateTimeOffset now, bool open, ref int budget)
    {
        html.Add("<li><details class=\"group\"").Add(open ? " open" : "").Add("><summary>");
        WriteLabels(html, group.Labels);
        var failed = GroupsQuery.HasFailed(group);
        html.Add($"<span class=\"state{(failed ? " bad" : "")}\">")
            .Add(failed
                ? $"push failed {Age.Text(now - group.FailureTime!.Value)}"
                : group.PushTime is { } pushed ? $"pushed {Age.Text(now - pushed)}" : "never pushed")
            .Add("</span></summary>\n<div class=\"inside\">\n<div class=\"head\"><dl class=\"facts\">\n");
        WriteTime(html, "Last push", group.PushTime, now);
        WriteTime(html, "Last failed push", group.FailureTime, now);
        html.Add($"</dl>\n<a class=\"button danger\" href=\"delete?group={Uri.EscapeDataString(GroupPath.Of(group.Labels))}\">Delete group…</a></div>\n");
        MetricFamily[] families = [.. group.Families().Where(f => f.Name is not ("push_time_seconds" or "push_failure_time_seconds"))];
        foreach (var family in families)
        {
            WriteFamily(html, family, group.Labels, open && families.Length <= FewFamilies, ref budget);
        }

        if (families.Length == 0)
        {
            html.Add("<p class=\"soft\">No metrics beside the times.</p>\n");
        }

        html.Add("</div></details></li>\n");
    }

    private static void WriteFamily(Html html, MetricFamily family, IReadOnlyList<Label> group, bool open, ref int budget)
    {
        var count = family.Metrics.Count;
        html.Add("<details class=\"family\"").Add(open ? " open" : "").Add($"><summary><code>{family.Name}</code><span class=\"kind\">{(family.Type ?? MetricType.Untyped).ToString().ToLowerInvariant()}, {count} {Plural(count, "metric", "metrics")}</span></summary>\n<div class=\"inner\">");
        if (family.Help is { Length: > 0 } help)
        {
            html.Add($"<p class=\"soft\">{help}</p>");
        }

        var shown = Math.Min(Math.Min(count, MaxSamplesOfFamily), budget);
        if (shown > 0)
        {
            html.Add("<div class=\"scroll\"><table><thead><tr><th scope=\"col\">Labels beside the group's</th><th scope=\"col\" class=\"value\">Value</th></tr></thead><tbody>\n");
            foreach (var metric in family.Metrics.Take(shown))
            {
                budget -= 1 + (metric.Parts?.Count ?? 0);
                WriteMetric(html, family, metric, group);
            }

            html.Add("</tbody></table></div>");
        }

        if (shown < count)
        {
            html.Add($"<p class=\"soft\">{count - shown} more, not shown here.</p>");
        }

        html.Add("</div></details>\n");
    }

    private static void WriteMetric(Html html, MetricFamily family, Metric metric, IReadOnlyList<Label> group)
    {
        Label[] own = [.. metric.Labels.Where(l => !group.Contains(l) && l is not { Name: "instance", Value: "" })];
        if (family.Type is not (MetricType.Summary or MetricType.Histogram))
        {
            Row(html, own, "", GoFloat.ToText(metric.Value));
            return;
        }

        foreach (var (bound, value) in metric.Parts ?? [])
        {
            Row(html, own, (family.Type == MetricType.Histogram ? "le=" : "quantile=") + GoFloat.ToText(bound), GoFloat.ToText(value));
        }

        Row(html, own, "sum", GoFloat.ToText(metric.Sum ?? 0));
        Row(html, own, "count", (metric.Count ?? 0).ToString(CultureInfo.InvariantCulture));
    }

    private static void Row(Html html, Label[] labels, string part, string value)
    {
        html.Add("<tr><td>");
        foreach (var label in labels)
        {
            html.Add($"{label.Name}=\"{Escaped(label.Value)}\" ");
        }

        html.Add(labels.Length == 0 && part.Length == 0 ? "<span class=\"soft\">none</span>" : "").Add($"{part}</td><td class=\"value\">{value}</td></tr>\n");
    }

    public static void WriteLabels(Html html, IReadOnlyList<Label> labels)
    {
        html.Add("<span class=\"labels\">");
        foreach (var label in labels.OrderBy(l => l.Name == "job" ? 0 : 1))
        {
            html.Add($"<span class=\"label{(label.Name == "job" ? " job" : "")}\"><b>{label.Name}</b>=\"{Escaped(label.Value)}\"</span>");
        }

        html.Add("</span>");
    }

    private static void WriteTime(Html html, string name, DateTimeOffset? at, DateTimeOffset now)
    {
        html.Add($"<dt>{name}</dt><dd>");
        if (at is { } time)
        {
            html.Add($"<time datetime=\"{time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture)}\">{time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)} UTC</time>, {Age.Text(now - time)}");
        }
        else
        {
            html.Add("never");
        }

        html.Add("</dd>\n");
    }

    private static void WritePages(Html html, GroupsQuery query, int pages)
    {
        if (pages == 1)
        {
            return;
        }

        html.Add("<nav class=\"pages\" aria-label=\"Pages of groups\">");
        if (query.Page > 1)
        {
            html.Add($"<a class=\"button\" href=\"{query.Link(1)}\">First</a><a class=\"button\" rel=\"prev\" href=\"{query.Link(query.Page - 1)}\">Previous</a>");
        }

        html.Add($"<span class=\"soft\">Page {query.Page} of {pages}</span>");
        if (query.Page < pages)
        {
            html.Add($"<a class=\"button\" rel=\"next\" href=\"{query.Link(query.Page + 1)}\">Next</a><a class=\"button\" href=\"{query.Link(pages)}\">Last</a>");
        }

        html.Add("</nav>\n");
    }

    /// <summary>As the text format shows it: a line feed is to be seen.</summary>
    private static string Escaped(string value) =>
        value.Replace("\\", @"\\", StringComparison.Ordinal).Replace("\n", @"\n", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);

    private static string Plural(int count, string one, string many) => count == 1 ? one : many;
}
