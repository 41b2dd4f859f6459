using Microsoft.Extensions.Logging;
using SyncKit.EfStore.Cli.Printing;

namespace SyncKit.EfStore.Cli.Hosting;

/// <summary>Puts the library's warnings on stderr, one short line each.</summary>
internal sealed class StandardErrorLogger : ILoggerProvider, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        StandardError.Line(exception is null ? formatter(state, exception) : $"{formatter(state, exception)} {exception.Message}");

    public void Dispose()
    {
    }
}
