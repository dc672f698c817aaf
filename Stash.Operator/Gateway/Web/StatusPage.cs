using System.Globalization;
using Stash.Core.Configuration;

namespace Stash.Operator.Gateway.Web;

/// <summary>Tells what runs and with which options.</summary>
internal static class StatusPage
{
    public static Html Write(StashOptions options, DateTimeOffset start, DateTimeOffset now)
    {
        Html html = new();
        html.Add($"<h1>Status</h1>\n<p class=\"soft\">Started <time datetime=\"{start.UtcDateTime.ToString("O", CultureInfo.InvariantCulture)}\">{start.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)} UTC</time>, {Age.Text(now - start)}.</p>\n");
        WriteTable(html, "Build", GatewayStatus.Build().Where(b => b.Value.Length > 0));
        WriteTable(html, "Options", GatewayStatus.Flags(options));
        return html;
    }

    private static void WriteTable(Html html, string title, IEnumerable<KeyValuePair<string, string>> rows)
    {
        html.Add($"<h2>{title}</h2>\n<div class=\"scroll\"><table><tbody>\n");
        foreach (var (name, value) in rows)
        {
            html.Add($"<tr><th scope=\"row\">{name}</th><td>{value}</td></tr>\n");
        }

        html.Add("</tbody></table></div>\n");
    }
}
