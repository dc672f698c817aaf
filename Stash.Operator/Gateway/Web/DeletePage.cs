using Stash.Core.Gateway;

namespace Stash.Operator.Gateway.Web;

/// <summary>Asks before something goes for good.</summary>
internal static class DeletePage
{
    /// <param name="group">Null for all groups.</param>
    /// <param name="sent">The group's path.</param>
    public static Html Write(GroupKey? group, string sent)
    {
        Html html = new();
        if (group is null)
        {
            html.Add("<h1>Delete all groups?</h1>\n<p class=\"note bad\">Every group and all its metrics go for good, whoever pushed them.</p>\n");
        }
        else
        {
            html.Add("<h1>Delete this group?</h1>\n<div class=\"note bad\"><p>All metrics of this group go for good:</p>");
            GroupsPage.WriteLabels(html, group.Labels);
            html.Add("</div>\n");
        }

        return html.Add($"""
            <form class="tools" method="post" action="delete?{(group is null ? "all=1" : "group=" + Uri.EscapeDataString(sent))}">
            <button class="danger">{(group is null ? "Delete all groups" : "Delete group")}</button>
            <a class="button" href="./">Keep</a>
            </form>

            """);
    }
}
