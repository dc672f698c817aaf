using Microsoft.AspNetCore.Components;

namespace Stash.Console.Components.Controls;

/// <summary>How a Prometheus is told of the scrape configuration that agent <c>builtin</c> writes.</summary>
public sealed partial class ScrapeInclude
{
    /// <summary>Absolute path of the configuration.</summary>
    [Parameter, EditorRequired]
    public required string SnippetPath { get; set; }

    /// <summary>Absolute path of the token that the operator's endpoint wants; null where it is not scraped.</summary>
    [Parameter]
    public string? TokenPath { get; set; }

    private string Snippet => $"scrape_config_files:\n  - {Quoted}\n";

    private string Command => $"prometheus \\\n  --config.file={Quoted}";

    /// <summary>Quoted where YAML or a shell would take it apart.</summary>
    private string Quoted => SnippetPath.All(c => char.IsAsciiLetterOrDigit(c) || "/._-".Contains(c, StringComparison.Ordinal)) ? SnippetPath : $"'{SnippetPath.Replace("'", "''", StringComparison.Ordinal)}'";
}
