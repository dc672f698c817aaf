using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Stash.Core.Monitoring;

namespace Stash.Core.Configuration;

/// <summary>
/// Reads one section of the configuration strictly: collects an error for each wrong value, and for each key that no
/// option has (a misspelt key must not be silently without effect).
/// </summary>
internal sealed partial class OptionReader(IConfigurationSection section, List<string> errors)
{
    private const int Few = 12;

    private readonly HashSet<string> _known = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _sections = new(StringComparer.OrdinalIgnoreCase);

    public string Text(string key, string fallback)
    {
        var value = Value(key);
        return string.IsNullOrEmpty(value) ? fallback : value;
    }

    public bool Flag(string key, bool fallback)
    {
        var value = Value(key);
        if (string.IsNullOrEmpty(value))
        {
            return fallback;
        }

        if (bool.TryParse(value, out var flag))
        {
            return flag;
        }

        Wrong(key, value, "true or false");
        return fallback;
    }

    public long Number(string key, long fallback, long min, long max)
    {
        var value = Value(key);
        if (string.IsNullOrEmpty(value))
        {
            return fallback;
        }

        if (long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max)
        {
            return number;
        }

        Wrong(key, value, string.Create(CultureInfo.InvariantCulture, $"a whole number from {min} to {max}"));
        return fallback;
    }

    public ListenAddress Listen(string key, string fallback)
    {
        var value = Text(key, fallback);
        if (ListenAddress.TryParse(value, out var address))
        {
            return address;
        }

        Wrong(key, value, ListenAddress.Accepted);
        return ListenAddress.TryParse(fallback, out address) ? address : throw new ArgumentException("Not an address.", nameof(fallback));
    }

    /// <summary>Addresses, separated by commas.</summary>
    public IReadOnlyList<ListenAddress> Listens(string key, string fallback)
    {
        List<ListenAddress> addresses = [];
        foreach (var part in Text(key, fallback).Split(','))
        {
            if (!ListenAddress.TryParse(part.Trim(), out var address))
            {
                Wrong(key, part.Trim(), ListenAddress.Accepted);
                return [ListenAddress.TryParse(fallback, out address) ? address : throw new ArgumentException("Not an address.", nameof(fallback))];
            }

            if (address.Port != 0 && addresses.Contains(address))
            {
                Wrong(key, Text(key, fallback), "each address once");
            }

            addresses.Add(address);
        }

        return addresses;
    }

    /// <summary>IP addresses and networks, separated by commas.</summary>
    public IReadOnlyList<IPNetwork> Networks(string key)
    {
        var value = Text(key, "");
        if (value.Length == 0)
        {
            return [];
        }

        List<IPNetwork> networks = [];
        foreach (var part in value.Split(',', StringSplitOptions.TrimEntries))
        {
            if (IPAddress.TryParse(part, out var address))
            {
                networks.Add(new IPNetwork(address, address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? 32 : 128));
            }
            else if (IPNetwork.TryParse(part, out var network))
            {
                networks.Add(network);
            }
            else
            {
                Wrong(key, part, "IP addresses or networks, separated by commas, as 127.0.0.1 or 10.0.0.0/8");
            }
        }

        return networks;
    }

    /// <summary>DNS names, which may begin with <c>*.</c>, and IP addresses, separated by commas.</summary>
    public IReadOnlyList<string> Hosts(string key)
    {
        var hosts = Text(key, "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        foreach (var host in hosts.Where(h => !IPAddress.TryParse(h, out _) && !IsDnsName(h.StartsWith("*.", StringComparison.Ordinal) ? h[2..] : h)))
        {
            Wrong(key, host, "DNS names and IP addresses, separated by commas, as stash.example.com,10.0.0.7");
        }

        return hosts;
    }

    /// <summary>A name of a Kubernetes object that is part of a DNS name; empty only where the fallback is.</summary>
    public string Label(string key, string fallback)
    {
        var value = Text(key, fallback);
        if (value.Length == 0 || DnsLabel().IsMatch(value))
        {
            return value;
        }

        Wrong(key, value, "at most 63 small letters, digits and -, the first and the last no -");
        return fallback;
    }

    /// <summary>Labels of a Kubernetes object, as <c>key=value</c>, separated by commas; at least one.</summary>
    public IReadOnlyDictionary<string, string> Labels(string key, string fallback)
    {
        Dictionary<string, string> labels = new(StringComparer.Ordinal);
        foreach (var part in Text(key, fallback).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = part.Split('=', 2, StringSplitOptions.TrimEntries) is [var n, var v] ? (n, v) : (part, null);
            if (value is null || KubernetesNames.LabelKeyError(name) is not null || KubernetesNames.LabelValueError(name, value) is not null)
            {
                Wrong(key, part, "labels as key=value, separated by commas, as app=stash,release=backup");
            }
            else
            {
                labels[name] = value;
            }
        }

        return labels;
    }

    /// <summary>Kubernetes objects as <c>namespace/name</c>, separated by commas.</summary>
    public IReadOnlyList<(string Namespace, string Name)> NamespacedNames(string key)
    {
        List<(string, string)> names = [];
        foreach (var part in Text(key, "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (part.Split('/') is [var space, var name] && KubernetesNames.NamespaceError(space) is null && KubernetesNames.ObjectNameError(name) is null)
            {
                names.Add((space, name));
            }
            else
            {
                Wrong(key, part, "names as NAMESPACE/NAME, separated by commas, as monitoring/prometheus-k8s");
            }
        }

        return names;
    }

    /// <summary>A duration as Go writes it, or in days. Null, also for <c>off</c> and <c>0</c>, only where the fallback is null.</summary>
    public TimeSpan? Duration(string key, TimeSpan? fallback)
    {
        var value = Value(key);
        if (string.IsNullOrEmpty(value) || (fallback is null && (value is "0" or "0s" || value.Equals("off", StringComparison.OrdinalIgnoreCase))))
        {
            return fallback;
        }

        if (GoDuration.Parse(value, days: true) is { } duration)
        {
            return duration;
        }

        Wrong(key, value, $"a duration as 90s, 1h30m or 30d{(fallback is null ? ", or off" : "")}");
        return fallback;
    }

    /// <summary>A file's absolute path; null where none is given.</summary>
    public string? File(string key) => Text(key, "") is { Length: > 0 } path ? Path.GetFullPath(path) : null;

    /// <summary>A path of URLs: it gets its slash at the beginning.</summary>
    public string UrlPath(string key, string fallback)
    {
        var value = Text(key, fallback);
        var path = value is "" or ['/', ..] ? value : $"/{value}";
        if (path is "" or "/" || (Uri.IsWellFormedUriString(path, UriKind.Relative) && path.AsSpan().IndexOfAny("?#") < 0 && !path.Contains("//", StringComparison.Ordinal)))
        {
            return path;
        }

        Wrong(key, value, "a path as /push/gateway, of letters, digits and -._~ or percent-encoded");
        return fallback;
    }

    /// <summary>The address by which others come, and its path; a path alone will do.</summary>
    public (Uri? Url, string Path) ExternalUrl(string key)
    {
        var value = Text(key, "");
        if (value.Length == 0)
        {
            return (null, "");
        }

        if (value.StartsWith('/') && Uri.IsWellFormedUriString(value, UriKind.Relative))
        {
            return (null, value.TrimEnd('/'));
        }

        if (Uri.TryCreate(value, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.Query.Length == 0 && url.Fragment.Length == 0 && url.UserInfo.Length == 0)
        {
            return (url, url.AbsolutePath.TrimEnd('/'));
        }

        Wrong(key, value, "an address as https://example.com/push, or a path as /push");
        return (null, "");
    }

    /// <summary>One of a few words.</summary>
    public string? OneOf(string key, IReadOnlyList<string> accepted, string? fallback)
    {
        var value = Value(key);
        if (string.IsNullOrEmpty(value))
        {
            return fallback;
        }

        if (accepted.Contains(value, StringComparer.Ordinal))
        {
            return value;
        }

        Wrong(key, value, $"one of {string.Join(", ", accepted)}");
        return fallback;
    }

    public Uri Https(string key, string fallback)
    {
        var value = Text(key, fallback);
        if (Uri.TryCreate(value, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttps && uri.AbsolutePath == "/")
        {
            return uri;
        }

        Wrong(key, value, "an address as https://127.0.0.1:8443");
        return new Uri(fallback);
    }

    /// <summary>An OpenID Connect provider's address; null where none is given.</summary>
    public Uri? Issuer(string key)
    {
        var value = Text(key, "");
        if (value.Length == 0)
        {
            return null;
        }

        if (Uri.TryCreate(value, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttps && uri.Query.Length == 0 && uri.Fragment.Length == 0 && uri.UserInfo.Length == 0)
        {
            return uri;
        }

        Wrong(key, value, "the provider's issuer as https://id.example.com or https://id.example.com/realms/staff");
        return null;
    }

    /// <summary>OAuth scopes, separated by spaces; <c>openid</c> is among them.</summary>
    public string Scopes(string key, string fallback)
    {
        var value = Text(key, fallback);
        if (value.Split(' ').Contains("openid", StringComparer.Ordinal))
        {
            return value;
        }

        Wrong(key, value, "scopes separated by spaces, openid among them");
        return fallback;
    }

    public OptionReader Section(string key)
    {
        _known.Add(key);
        _sections.Add(key);
        return new OptionReader(section.GetSection(key), errors);
    }

    /// <summary>Names every key of the section that was not asked for, or that holds a section in place of a value.</summary>
    public void RefuseUnknown()
    {
        foreach (var child in section.GetChildren())
        {
            if (_sections.Contains(child.Key))
            {
                if (!string.IsNullOrEmpty(child.Value))
                {
                    errors.Add($"{child.Path} is \"{child.Value}\": it is a section, give the options in it.");
                }
            }
            else if (_known.Contains(child.Key))
            {
                if (child.GetChildren().Any())
                {
                    errors.Add($"{child.Path} is a section: it is an option, give one value.");
                }
            }
            else
            {
                errors.Add($"{child.Path} is not an option: {Accepted(child.Key)}");
            }
        }
    }

    /// <summary>All where they are few, else those that are written most alike.</summary>
    private string Accepted(string wrong) => _known.Count <= Few
        ? $"accepted in {section.Path} are {string.Join(", ", _known.Order(StringComparer.Ordinal))}."
        : $"{section.Path} has {string.Join(", ", _known.OrderBy(k => Distance(k, wrong)).ThenBy(k => k, StringComparer.Ordinal).Take(3))} and others (docs/options.md).";

    /// <summary>Letters to change, add or leave out to make one word of the other.</summary>
    private static int Distance(string a, string b)
    {
        Span<int> row = stackalloc int[a.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            row[i] = i;
        }

        foreach (var letter in b)
        {
            var diagonal = row[0]++;
            for (var i = 1; i <= a.Length; i++)
            {
                var changed = diagonal + (char.ToUpperInvariant(a[i - 1]) == char.ToUpperInvariant(letter) ? 0 : 1);
                diagonal = row[i];
                row[i] = Math.Min(changed, Math.Min(row[i - 1], row[i]) + 1);
            }
        }

        return row[^1];
    }

    private static bool IsDnsName(string name) =>
        name.Length <= 253 && name.ToLowerInvariant().Split('.').All(l => DnsLabel().IsMatch(l));

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex DnsLabel();

    private string? Value(string key)
    {
        _known.Add(key);
        return section[key];
    }

    /// <summary>Tells what is wrong with a value that must not be shown.</summary>
    public void Refuse(string key, string message) => errors.Add($"{section.Path}:{key}: {message}");

    private void Wrong(string key, string value, string accepted) =>
        errors.Add($"{section.Path}:{key} is \"{value}\": give {accepted}.");
}
