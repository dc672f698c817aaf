using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Stash.Operator.Tests.Cluster.Walk;

/// <summary>What an API server says of itself, as OpenAPI 2.</summary>
internal sealed class OpenApiDocument
{
    private readonly JsonObject _definitions;
    private readonly List<(Regex Path, JsonObject Item)> _paths;

    public OpenApiDocument(JsonObject document)
    {
        _definitions = document["definitions"]!.AsObject();
        _paths =
        [
            .. document["paths"]!.AsObject().Where(p => !p.Key.Contains("/watch/", StringComparison.Ordinal))
                .OrderByDescending(p => p.Key.Count(c => c == '/')).ThenBy(p => p.Key.Count(c => c == '{'))
                .Select(p => (new Regex($"^{Regex.Replace(p.Key, @"\{[^}]+\}", "[^/]+", RegexOptions.None, TimeSpan.FromSeconds(1))}$", RegexOptions.None, TimeSpan.FromSeconds(1)), p.Value!.AsObject())),
        ];
    }

    /// <summary>What of a request it does not know: empty where it knows it all.</summary>
    /// <param name="request">Any.</param>
    /// <param name="kind">The kind that the request is about, as <c>group/version/Kind</c>.</param>
    public IReadOnlyList<string> UnknownOf(AuditedRequest request, out string kind)
    {
        kind = "";
        var method = request.Verb switch { "create" => "post", "update" => "put", "patch" => "patch", "delete" => "delete", _ => "get" };
        if (_paths.Find(p => p.Path.IsMatch(request.Uri.AbsolutePath) && p.Item.ContainsKey(method)) is not { Item: { } item })
        {
            return [$"{method} {request.Uri.AbsolutePath}"];
        }

        var operation = item[method]!.AsObject();
        if (operation["x-kubernetes-group-version-kind"] is { } gvk)
        {
            kind = $"{gvk["group"]}/{gvk["version"]}/{gvk["kind"]}";
        }

        var about = kind;

        var parameters = new[] { item["parameters"], operation["parameters"] }.SelectMany(p => p?.AsArray() ?? []).Select(p => p!.AsObject()).ToList();
        var known = parameters.Where(p => $"{p["in"]}" == "query").Select(p => $"{p["name"]}").ToHashSet(StringComparer.Ordinal);
        if (method == "patch" && request.Group.Contains("coreos", StringComparison.Ordinal))
        {
            // The server of 1.20 takes it of custom resources too, and does not say so.
            known.Add("force");
        }

        List<string> unknown = [.. request.Uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('=')[0]).Where(p => !known.Contains(p)).Select(p => $"{method} {about}: ?{p}")];
        var schema = method == "patch" ? operation["responses"]!["200"]!["schema"] : parameters.Find(p => $"{p["in"]}" == "body")?["schema"];
        if (request.Body is JsonArray steps)
        {
            // A JSON patch: what it puts where.
            foreach (var step in steps)
            {
                Walk(step!["value"], $"{step["path"]}".Split('/', StringSplitOptions.RemoveEmptyEntries).Aggregate(schema, (s, name) => Resolve(s)?["properties"]?[name]), $"{kind} {step["path"]}", unknown);
            }
        }
        else
        {
            Walk(request.Body, schema, kind, unknown);
        }

        return unknown;
    }

    private JsonObject? Resolve(JsonNode? schema) =>
        schema is not JsonObject map ? null : map["$ref"] is { } reference ? _definitions[$"{reference}"["#/definitions/".Length..]]!.AsObject() : map;

    private void Walk(JsonNode? value, JsonNode? of, string at, List<string> unknown)
    {
        var schema = Resolve(of);
        if (value is null || (of is JsonValue anything && anything.TryGetValue<bool>(out var any) && any))
        {
            return;
        }

        if (schema is null)
        {
            unknown.Add(at);
            return;
        }

        if (value is JsonArray list)
        {
            foreach (var each in list)
            {
                Walk(each, schema["items"], $"{at}[]", unknown);
            }
        }
        else if (value is JsonObject map && (schema["properties"] is not null || schema["additionalProperties"] is not null))
        {
            foreach (var (name, each) in map)
            {
                if (schema["properties"]?[name] is { } field)
                {
                    Walk(each, field, $"{at}.{name}", unknown);
                }
                else if (schema["additionalProperties"] is JsonObject values)
                {
                    Walk(each, values, $"{at}.{name}", unknown);
                }
                else if (schema["additionalProperties"] is null)
                {
                    unknown.Add($"{at}.{name}");
                }
            }
        }
    }
}
