using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Stash.Core.Monitoring;
using Stash.Core.Yaml;
using Stash.Operator.Api;

namespace Stash.Operator.Commands.Monitoring;

/// <summary><c>stash monitoring get</c>: the settings, in the form in which kubectl takes them.</summary>
internal static class GetCommand
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly string[] Formats = ["yaml", "json"];

    public static Command Create()
    {
        Option<string> output = new("--output", "-o") { Description = "The form: yaml or json.", HelpName = string.Join('|', Formats), DefaultValueFactory = _ => "yaml" };
        output.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !Formats.Contains(token.Value, StringComparer.Ordinal))
            {
                result.AddError($"--output is \"{token.Value}\": give one of {string.Join(", ", Formats)}.");
            }
        });
        Command command = new("get", "Print the settings and their status.") { output };
        PlaceFlags place = new(command);
        command.SetAction(async (result, cancellationToken) =>
        {
            using var settings = await place.OpenAsync(result, cancellationToken);
            var shown = Shown(await settings.ReadAsync(cancellationToken));
            Console.Write(result.GetValue(output) == "json" ? shown.ToJsonString(Indented) + "\n" : JsonYaml.Write(shown));
            return 0;
        });
        return command;
    }

    /// <summary>As it can be applied: without the version, whatever was changed since; and without an empty namespace, which API servers of version 1.20 refuse at server-side apply.</summary>
    private static JsonObject Shown(MonitoringManifest manifest)
    {
        var shown = JsonSerializer.SerializeToNode(manifest with { Metadata = manifest.Metadata with { ResourceVersion = null } }, ReadableJson.Default.MonitoringManifest)!.AsObject();
        if (manifest.Spec.Prometheus.Namespace.Length == 0)
        {
            shown["spec"]!["prometheus"]!.AsObject().Remove("namespace");
        }

        return shown;
    }
}
