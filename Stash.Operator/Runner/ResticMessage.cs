using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Stash.Operator.Runner;

/// <summary>One line of <c>restic backup --json</c>.</summary>
internal abstract record ResticMessage
{
    /// <summary>Null for a line that is no message, or one of a kind that means nothing here.</summary>
    public static ResticMessage? Parse(string line)
    {
        if (line.Length == 0 || line[0] != '{')
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            return (root.TryGetProperty("message_type", out var type) ? type.GetString() : null) switch
            {
                "status" => new ResticStatus
                {
                    Done = Number(root, "percent_done"),
                    FilesDone = Whole(root, "files_done"),
                    FilesTotal = Whole(root, "total_files"),
                    BytesDone = Whole(root, "bytes_done"),
                    BytesTotal = Whole(root, "total_bytes"),
                    SecondsRemaining = Number(root, "seconds_remaining"),
                },
                "summary" => new ResticSummary
                {
                    FilesNew = Whole(root, "files_new"),
                    FilesChanged = Whole(root, "files_changed"),
                    FilesUnmodified = Whole(root, "files_unmodified"),
                    BytesAdded = Whole(root, "data_added"),
                    BytesProcessed = Whole(root, "total_bytes_processed"),
                },
                "error" => new ResticError(ErrorText(root)),
                _ => null,
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static double? Number(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) ? number : null;

    private static long? Whole(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : null;

    private static string? Text(JsonElement root, string name) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    // Go's error comes in parts and with a bare error number; newer versions have its text in "message".
    private static string ErrorText(JsonElement root)
    {
        var item = Text(root, "item") ?? "";
        if (!root.TryGetProperty("error", out var error) || error.ValueKind != JsonValueKind.Object)
        {
            return item;
        }

        var path = Text(error, "Path") ?? item;
        var reason = Text(error, "message");
        if (reason is null && Whole(error, "Err") is { } number)
        {
            reason = number is > 0 and < 200
                ? Marshal.GetPInvokeErrorMessage((int)number).ToLowerInvariant()
                : string.Create(CultureInfo.InvariantCulture, $"error {number}");
        }

        var operation = Text(error, "Op");
        return reason is not null && reason.Contains(path, StringComparison.Ordinal)
            ? reason
            : $"{(operation is null ? "" : operation + " ")}{path}: {reason ?? "cannot be read"}";
    }
}

/// <summary>Progress. A number is null where restic does not tell it yet.</summary>
internal sealed record ResticStatus : ResticMessage
{
    /// <summary>0 to 1.</summary>
    public double? Done { get; init; }

    public long? FilesDone { get; init; }

    public long? FilesTotal { get; init; }

    public long? BytesDone { get; init; }

    public long? BytesTotal { get; init; }

    public double? SecondsRemaining { get; init; }
}

/// <summary>The last line of a backup.</summary>
internal sealed record ResticSummary : ResticMessage
{
    public long? FilesNew { get; init; }

    public long? FilesChanged { get; init; }

    public long? FilesUnmodified { get; init; }

    public long? BytesAdded { get; init; }

    public long? BytesProcessed { get; init; }
}

/// <summary>A file that could not be read.</summary>
/// <param name="Text">As <c>read /x: input/output error</c>.</param>
internal sealed record ResticError(string Text) : ResticMessage;
