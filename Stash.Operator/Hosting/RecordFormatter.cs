using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace Stash.Operator.Hosting;

/// <summary>One record per event for programs that read logs, as <c>prometheus-pushgateway</c> writes them: logfmt, or JSON.</summary>
internal sealed class RecordFormatter(TimeProvider time, IOptions<RecordFormatterOptions> options) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "record";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var ts = time.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
        var level = logEntry.LogLevel switch
        {
            LogLevel.Trace or LogLevel.Debug => "debug",
            LogLevel.Warning => "warn",
            LogLevel.Error or LogLevel.Critical => "error",
            _ => "info",
        };
        var message = logEntry.Formatter(logEntry.State, logEntry.Exception);
        var error = logEntry.Exception is { } e ? options.Value.Exceptions ? e.ToString() : e.GetType().Name : null;
        if (options.Value.Json)
        {
            textWriter.Write($"{{\"ts\":\"{ts}\",\"caller\":\"{Escaped(logEntry.Category)}\",\"level\":\"{level}\",\"msg\":\"{Escaped(message)}\"");
            textWriter.Write(error is null ? "}" : $",\"err\":\"{Escaped(error)}\"}}");
        }
        else
        {
            textWriter.Write($"ts={ts} caller={Value(logEntry.Category)} level={level} msg={Value(message)}");
            textWriter.Write(error is null ? "" : $" err={Value(error)}");
        }

        textWriter.WriteLine();
    }

    private static string Value(string text) =>
        text.Length > 0 && text.All(c => c > ' ' && c is not ('=' or '"' or '\x7f' or '�')) ? text : $"\"{Escaped(text)}\"";

    private static string Escaped(string text) => JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString();
}

internal sealed class RecordFormatterOptions : ConsoleFormatterOptions
{
    /// <summary>JSON in place of logfmt.</summary>
    public bool Json { get; set; }

    /// <summary>Write exceptions whole, in place of their type.</summary>
    public bool Exceptions { get; set; }
}
