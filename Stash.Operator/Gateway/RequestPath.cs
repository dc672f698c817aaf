using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http.Features;

namespace Stash.Operator.Gateway;

/// <summary>A request's path as it was sent, not as the server decodes it: <c>%2F</c> in a label's value is no separator.</summary>
internal static class RequestPath
{
    private static readonly SearchValues<char> Plain = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~$&+,/:;=@");

    public static string Of(HttpContext context)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (!target.StartsWith('/'))
        {
            // A proxy's absolute form.
            target = Uri.TryCreate(target, UriKind.Absolute, out var uri) ? uri.PathAndQuery : "/";
        }

        var query = target.IndexOf('?', StringComparison.Ordinal);
        return query < 0 ? target : target[..query];
    }

    /// <summary>Whether it may have empty, <c>.</c> or <c>..</c> parts. Cheap: every push is asked.</summary>
    public static bool MayBeUnclean(string path) => path.Contains("//", StringComparison.Ordinal) || path.Contains("/.", StringComparison.Ordinal);

    /// <summary>Without empty, <c>.</c> and <c>..</c> parts, as the reference redirects.</summary>
    public static string Clean(string path)
    {
        List<string> parts = [];
        foreach (var part in path.Split('/'))
        {
            if (part == "..")
            {
                if (parts.Count > 0)
                {
                    parts.RemoveAt(parts.Count - 1);
                }
            }
            else if (part is not ("" or "."))
            {
                parts.Add(part);
            }
        }

        return $"/{string.Join('/', parts)}{(parts.Count > 0 && path.EndsWith('/') ? "/" : "")}";
    }

    /// <summary>The first part with a <c>%</c> that two hexadecimal digits do not follow; null where there is none.</summary>
    public static string? BadPart(string path)
    {
        if (!path.Contains('%', StringComparison.Ordinal))
        {
            return null;
        }

        foreach (var part in path.Split('/'))
        {
            if (!PercentEncoding.TryDecode(part, out _))
            {
                return part;
            }
        }

        return null;
    }

    /// <summary>The same path with only those characters encoded that the reference encodes, and encoded slashes.</summary>
    public static string Canonical(string path)
    {
        if (!path.AsSpan().ContainsAnyExcept(Plain))
        {
            return path;
        }

        StringBuilder canonical = new(path.Length + 16);
        for (var i = 0; i < path.Length; i++)
        {
            var encoded = path[i] == '%';
            var character = encoded ? (char)Convert.FromHexString(path.AsSpan(i + 1, 2))[0] : path[i];
            i += encoded ? 2 : 0;
            if (Plain.Contains(character) && !(encoded && character == '/'))
            {
                canonical.Append(character);
            }
            else
            {
                canonical.Append(CultureInfo.InvariantCulture, $"%{(int)character:X2}");
            }
        }

        return canonical.ToString();
    }
}
