using System.Globalization;
using System.Text;

namespace Stash.Core.Kubernetes.Controllers;

/// <summary>Which objects: all of a resource, or those of a namespace, or those that selectors name. Built-in types and custom ones alike.</summary>
/// <param name="Group">Empty for the core's, as of Secrets and Services.</param>
/// <param name="Version">As <c>v1</c>.</param>
/// <param name="Plural">As in the path: <c>servicemonitors</c>.</param>
public sealed record ResourceQuery(string Group, string Version, string Plural)
{
    /// <summary>Null for those of all namespaces, or of none.</summary>
    public string? Namespace { get; init; }

    public string? FieldSelector { get; init; }

    public string? LabelSelector { get; init; }

    /// <summary>What kubectl calls it: <c>servicemonitors.monitoring.coreos.com</c>. Of a custom resource it is the name of its CustomResourceDefinition.</summary>
    public string Resource => Group.Length == 0 ? Plural : $"{Plural}.{Group}";

    /// <summary>Of the query, for people.</summary>
    public string Description => $"{Resource} {(Namespace is null ? "in all namespaces" : $"in namespace {Namespace}")}";

    /// <summary>The same for one object.</summary>
    public ResourceQuery Named(string name) => this with { FieldSelector = $"metadata.name={name}" };

    internal string Page(int limit, string? next)
    {
        var path = Start();
        Add(path, "limit", limit > 0 ? limit.ToString(CultureInfo.InvariantCulture) : null);
        Add(path, "continue", next);
        return path.ToString();
    }

    internal string Watch(string resourceVersion, int timeoutSeconds)
    {
        var path = Start();
        Add(path, "watch", "true");
        Add(path, "allowWatchBookmarks", "true");
        Add(path, "resourceVersion", resourceVersion);
        Add(path, "timeoutSeconds", timeoutSeconds.ToString(CultureInfo.InvariantCulture));
        return path.ToString();
    }

    // Not rooted: the server may be behind a path.
    private StringBuilder Start()
    {
        StringBuilder path = new(Group.Length == 0 ? $"api/{Version}/" : $"apis/{Group}/{Version}/");
        if (Namespace is not null)
        {
            path.Append("namespaces/").Append(Uri.EscapeDataString(Namespace)).Append('/');
        }

        path.Append(Plural).Append('?');
        Add(path, "fieldSelector", FieldSelector);
        Add(path, "labelSelector", LabelSelector);
        return path;
    }

    private static void Add(StringBuilder path, string name, string? value)
    {
        if (value is not null)
        {
            path.Append(path[^1] == '?' ? "" : "&").Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }
    }
}
