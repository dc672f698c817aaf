using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Stash.Operator.Runner;

/// <summary>One line per event: time, level where it is more than information, message; of an exception its type and text.</summary>
internal sealed class LineFormatter(TimeProvider time) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "stash";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var level = logEntry.LogLevel switch
        {
            LogLevel.Warning => "WARNING ",
            LogLevel.Error or LogLevel.Critical => "ERROR ",
            _ => "",
        };
        var exception = logEntry.Exception is { } e ? $" ({e.GetType().Name}: {e.Message})" : "";
        textWriter.Write(time.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ss.fffZ ", CultureInfo.InvariantCulture));
        textWriter.Write(level);
        textWriter.WriteLine($"{logEntry.Formatter(logEntry.State, logEntry.Exception)}{exception}".ReplaceLineEndings(" "));
    }
}
