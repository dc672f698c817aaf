using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using Stash.Core.Monitoring;
using Stash.Core.Yaml;
using Stash.Operator.Api;

namespace Stash.Operator.Commands.Monitoring;

/// <summary>The flag <c>--output</c>, and settings in the form that it names.</summary>
internal sealed class ManifestOutput
{
    private const string Yaml = "yaml";
    private const string Json = "json";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly string[] Formats = [Yaml, Json];

    private readonly Option<string?> _format;

    /// <param name="command">That has the flag.</param>
    /// <param name="description">What it is without the flag.</param>
    public ManifestOutput(Command command, string description)
    {
        _format = new("--output", "-o") { Description = $"The form: {Yaml} or {Json}. {description}", HelpName = string.Join('|', Formats) };
        _format.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !Formats.Contains(token.Value, StringComparer.Ordinal))
            {
                result.AddError($"--output is \"{token.Value}\": give one of {string.Join(", ", Formats)}.");
            }
        });
        command.Add(_format);
    }

    /// <summary>Null where the flag is not given.</summary>
    public string? Format(ParseResult result) => result.GetValue(_format);

    /// <param name="manifest">What is written. Without its version, so that it can be applied whatever was changed since; and without an empty namespace, which API servers of version 1.20 refuse at server-side apply.</param>
    /// <param name="format">One of the flag's; null for YAML.</param>
    public static void Write(MonitoringManifest manifest, string? format)
    {
        var shown = JsonSerializer.SerializeToNode(manifest with { Metadata = manifest.Metadata with { ResourceVersion = null } }, ReadableJson.Default.MonitoringManifest)!.AsObject();
        if (manifest.Spec.Prometheus.Namespace.Length == 0)
        {
            shown["spec"]!["prometheus"]!.AsObject().Remove("namespace");
        }

        Console.Write(format == Json ? shown.ToJsonString(Indented) + "\n" : JsonYaml.Write(shown));
    }
}
