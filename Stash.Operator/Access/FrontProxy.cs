using System.Security.Cryptography.X509Certificates;

namespace Stash.Operator.Access;

/// <summary>The proxy that sends requests on for users it has authenticated, as the cluster's API server does, and names them in headers.</summary>
internal sealed record FrontProxy
{
    /// <summary>Of the proxies' client certificates.</summary>
    public required X509Certificate2Collection Authorities { get; init; }

    /// <summary>Common names of the proxies; empty for any.</summary>
    public required IReadOnlyList<string> AllowedNames { get; init; }

    public required IReadOnlyList<string> UserHeaders { get; init; }

    public required IReadOnlyList<string> GroupHeaders { get; init; }

    public required IReadOnlyList<string> ExtraPrefixes { get; init; }

    /// <param name="name">The common name of a certificate that <see cref="Authorities"/> vouch for.</param>
    public bool IsAllowed(string name) => AllowedNames.Count == 0 || AllowedNames.Contains(name, StringComparer.Ordinal);

    /// <summary>The user that a proxy names; null where it names none.</summary>
    public Caller? CallerOf(IHeaderDictionary headers)
    {
        var name = UserHeaders.Select(h => headers[h].FirstOrDefault()).FirstOrDefault(v => !string.IsNullOrEmpty(v));
        if (name is null)
        {
            return null;
        }

        Dictionary<string, IReadOnlyList<string>> extra = new(StringComparer.Ordinal);
        foreach (var prefix in ExtraPrefixes)
        {
            foreach (var (header, values) in headers)
            {
                if (header.Length > prefix.Length && header.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
                {
                    var key = Uri.UnescapeDataString(header[prefix.Length..].ToLowerInvariant());
                    extra[key] = [.. extra.GetValueOrDefault(key) ?? [], .. values.OfType<string>()];
                }
            }
        }

        return new Caller
        {
            Name = name,
            Groups = [.. GroupHeaders.SelectMany(h => headers[h]).OfType<string>().Where(g => g.Length > 0)],
            Extra = extra,
        }.AsAuthenticated();
    }
}
