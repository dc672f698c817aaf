using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Stash.Operator.Runner;

namespace Stash.Operator.Tests.Runner;

public sealed class LineFormatterTests
{
    [Theory]
    [InlineData("Stash", LogLevel.Error, "2026-11-23T12:00:00.000Z ERROR it is so: do that\n")]
    [InlineData("Stash.Core.Gateway.GroupStore", LogLevel.Information, "2026-11-23T12:00:00.000Z it is so: do that\n")]
    [InlineData("Microsoft.Thing", LogLevel.Warning, "2026-11-23T12:00:00.000Z WARNING Microsoft.Thing: it is so: do that (InvalidDataException; for more set the log level to Debug)\n")]
    public void An_exceptions_words_stay_out(string category, LogLevel level, string expected) => Written(category, level, exceptions: false).ShouldBe(expected);

    [Fact]
    public void At_debug_level_the_exception_is_told_whole() =>
        Written("Stash", LogLevel.Error, exceptions: true).ShouldBe("2026-11-23T12:00:00.000Z ERROR it is so: do that\nSystem.IO.InvalidDataException: inner words\n");

    private static string Written(string category, LogLevel level, bool exceptions)
    {
        LineFormatter formatter = new(new FakeTimeProvider(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero)), Options.Create(new LineFormatterOptions { Exceptions = exceptions }));
        using StringWriter writer = new();
        formatter.Write(new LogEntry<string>(level, category, 0, "it is so:\ndo that", new InvalidDataException("inner words"), (state, _) => state), null, writer);
        return writer.ToString();
    }
}
