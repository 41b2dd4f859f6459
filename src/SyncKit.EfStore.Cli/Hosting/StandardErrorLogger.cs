using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using SyncKit.EfStore.Cli.Printing;

namespace SyncKit.EfStore.Cli.Hosting;

/// <summary>Puts the library's warnings on stderr, one short line each.</summary>
internal sealed class StandardErrorLogger : ILoggerProvider, ILogger
{
    // Several stores of one command may reach the same server, of which each warns for itself.
    private const int NotEncrypted = 410;
    private static readonly ConcurrentDictionary<string, bool> Warned = new();

    public ILogger CreateLogger(string categoryName) => this;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var message = exception is null ? formatter(state, exception) : $"{formatter(state, exception)} {exception.Message}";
        if (eventId.Id != NotEncrypted || Warned.TryAdd(message, true))
        {
            StandardError.Line(message);
        }
    }

    public void Dispose()
    {
    }
}
