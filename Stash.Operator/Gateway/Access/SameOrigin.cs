using System.Net;

namespace Stash.Operator.Gateway.Access;

/// <summary>
/// Whether a browser sent a request from a page of ours. A browser sends along what its user is signed in with, and reaches what is on its own
/// machine: without this, any page could delete groups.
/// </summary>
internal sealed class SameOrigin(Uri? externalUrl, bool loopbackOnly)
{
    /// <summary>True too for what is no browser: it sends neither <c>Origin</c> nor <c>Sec-Fetch-Site</c>.</summary>
    public bool Allows(HttpRequest request)
    {
        var headers = request.Headers;
        if (headers.Origin.Count == 0 && !headers.ContainsKey("Sec-Fetch-Site"))
        {
            return true;
        }

        var site = headers["Sec-Fetch-Site"].ToString();
        if (site.Length > 0)
        {
            // Set by the browser itself. "none" is a person's own doing, as an address typed in.
            return (site is "same-origin" && IsOurs(request)) || site is "none";
        }

        return Uri.TryCreate(headers.Origin.ToString(), UriKind.Absolute, out var from)
            && (IsExternal(from.Authority) || (string.Equals(from.Authority, Authority(request, from.Scheme), StringComparison.OrdinalIgnoreCase) && IsOurs(request)));
    }

    /// <summary>
    /// A name that somebody else has pointed at this machine makes their page ours in the browser's eyes. Where the gateway listens on
    /// loopback alone, only names of loopback are ours, and the external address.
    /// </summary>
    private bool IsOurs(HttpRequest request)
    {
        if (!loopbackOnly || IsExternal(request.Host.Value ?? ""))
        {
            return true;
        }

        var host = request.Host.Host;
        return host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
    }

    private bool IsExternal(string authority) => externalUrl is not null && string.Equals(authority, externalUrl.Authority, StringComparison.OrdinalIgnoreCase);

    /// <summary>The host without the scheme's own port, as <see cref="Uri.Authority"/> has it.</summary>
    private static string Authority(HttpRequest request, string scheme) =>
        Uri.TryCreate($"{scheme}://{request.Host.Value}", UriKind.Absolute, out var uri) ? uri.Authority : request.Host.Value ?? "";
}
