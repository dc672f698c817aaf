namespace Stash.Core.Configuration;

/// <summary><c>Stash:Audit:*</c>: the record of what was changed over the API, and by whom.</summary>
public sealed record AuditOptions
{
    /// <summary><see cref="LogPath"/> for standard output.</summary>
    public const string StandardOutput = "-";

    /// <summary>An absolute path, or <see cref="StandardOutput"/>; null for <c>audit.log</c> in the data folder.</summary>
    public required string? LogPath { get; init; }

    /// <summary>Megabytes (1048576 bytes) after which the file is put aside and another begun.</summary>
    public required int MaxSizeMegabytes { get; init; }

    /// <summary>Files put aside that are kept; 0 for all.</summary>
    public required int MaxBackups { get; init; }

    /// <summary>Days that a file put aside is kept; 0 for ever.</summary>
    public required int MaxAgeDays { get; init; }

    internal static AuditOptions From(OptionReader audit) => new()
    {
        LogPath = audit.Text("LogPath", "") is StandardOutput ? StandardOutput : audit.File("LogPath"),
        MaxSizeMegabytes = (int)audit.Number("MaxSizeMegabytes", 100, 1, 1 << 20),
        MaxBackups = (int)audit.Number("MaxBackups", 10, 0, 1_000_000),
        MaxAgeDays = (int)audit.Number("MaxAgeDays", 0, 0, 36_500),
    };
}
