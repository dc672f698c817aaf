using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Stash.Operator.Tests.Support;

/// <summary>Keeps the lines that are logged.</summary>
internal sealed class ListLogger : ILogger
{
    private readonly ConcurrentQueue<string> _lines = new();

    public IReadOnlyList<string> Lines => [.. _lines];

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => _lines.Enqueue(formatter(state, exception));

    /// <summary>The same, for a category.</summary>
    public ILogger<T> For<T>() => LoggerFactory.Create(logging => logging.AddProvider(new Provider(this))).CreateLogger<T>();

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    private sealed class Provider(ListLogger logger) : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => logger;

        public void Dispose()
        {
        }
    }

    /// <summary>The same for one category.</summary>
    public ILogger<T> Of<T>() => new Typed<T>(this);

    private sealed class Typed<T>(ListLogger all) : ILogger<T>
    {
        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => all.Log(logLevel, eventId, state, exception, formatter);

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;
    }
}
