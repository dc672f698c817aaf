using Stash.Operator.Commands;
using Stash.Operator.Runner;

namespace Stash.Operator.Hosting;

/// <summary>How a serving process writes its log.</summary>
/// <param name="Format">One of <see cref="Core.Configuration.StashOptions.LogFormats"/>.</param>
/// <param name="Configuration">Its section <c>Logging</c> holds the levels.</param>
/// <param name="ToStandardError">True for standard error, as <c>prometheus-pushgateway</c> does.</param>
internal sealed record HostLog(string Format, IConfiguration Configuration, bool ToStandardError)
{
    public void Configure(ILoggingBuilder logging)
    {
        var whole = LogDetail.Includes(Configuration["Logging:LogLevel:Default"]);
        logging.AddConsole(console =>
        {
            console.FormatterName = Format == "text" ? LineFormatter.FormatterName : RecordFormatter.FormatterName;
            console.LogToStandardErrorThreshold = ToStandardError ? LogLevel.Trace : LogLevel.None;
        });
        logging.AddConsoleFormatter<LineFormatter, LineFormatterOptions>(o => o.Exceptions = whole);
        logging.AddConsoleFormatter<RecordFormatter, RecordFormatterOptions>(o => (o.Json, o.Exceptions) = (Format == "json", whole));
        logging.Services.AddSingleton(TimeProvider.System);
    }

    /// <summary>A log for the time before the host has its own.</summary>
    public ILoggerFactory AtStart() => LoggerFactory.Create(logging => Configure(logging.AddConfiguration(Configuration.GetSection("Logging"))));
}
