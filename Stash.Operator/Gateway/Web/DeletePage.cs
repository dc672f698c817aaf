using Stash.Core.Gateway;

namespace Stash.Operator.Gateway.Web;

/// <summary>Asks before something goes for good.</summary>
internal static class DeletePage
{
    /// <param name="group">The group.</param>
    /// <param name="sent">Its path.</param>
    public static Html OfGroup(GroupKey group, string sent)
    {
        Html html = new();
        html.Add("<h1>Delete this group?</h1>\n<div class=\"note bad\"><p>All metrics of this group go for good:</p>");
        GroupsPage.WriteLabels(html, group.Labels);
        html.Add("</div>\n");
        return WriteForm(html, "delete?group=" + Uri.EscapeDataString(sent), "Delete group");
    }

    public static Html OfAll() => WriteForm(
        new Html().Add("<h1>Delete all groups?</h1>\n<p class=\"note bad\">Every group and all its metrics go for good, whoever pushed them.</p>\n"), "wipe", "Delete all groups");

    private static Html WriteForm(Html html, string action, string button) => html.Add($"""
        <form class="tools" method="post" action="{action}">
        <button class="danger">{button}</button>
        <a class="button" href="./">Keep</a>
        </form>

        """);
}
