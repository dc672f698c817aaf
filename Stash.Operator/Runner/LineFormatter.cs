using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace Stash.Operator.Runner;

/// <summary>
/// One line per event: time, level where it is more than information, message; where it is not ours, whose it is. An exception's text
/// and stack only where <see cref="LineFormatterOptions.Exceptions"/> says so: a message of ours names the thing and the remedy without.
/// </summary>
internal sealed class LineFormatter(TimeProvider time, IOptions<LineFormatterOptions> options) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "stash";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var level = logEntry.LogLevel switch
        {
            LogLevel.Trace or LogLevel.Debug => "DEBUG ",
            LogLevel.Warning => "WARNING ",
            LogLevel.Error or LogLevel.Critical => "ERROR ",
            _ => "",
        };
        var foreign = !logEntry.Category.StartsWith("Stash", StringComparison.OrdinalIgnoreCase);
        textWriter.Write(time.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ss.fffZ ", CultureInfo.InvariantCulture));
        textWriter.Write(level);
        textWriter.Write(foreign ? $"{logEntry.Category}: " : "");
        textWriter.Write(logEntry.Formatter(logEntry.State, logEntry.Exception).ReplaceLineEndings(" "));
        if (logEntry.Exception is { } exception)
        {
            textWriter.Write(options.Value.Exceptions ? $"{Environment.NewLine}{exception}" : foreign ? $" ({exception.GetType().Name}; for more set the log level to Debug)" : "");
        }

        textWriter.WriteLine();
    }
}

internal sealed class LineFormatterOptions : ConsoleFormatterOptions
{
    /// <summary>Write exceptions whole, over several lines.</summary>
    public bool Exceptions { get; set; }
}
