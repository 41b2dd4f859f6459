using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using SyncKit.EfStore.Notifications;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Notifications;

/// <summary>
/// An application with an event store that listens, on a database of its own. The poll is an hour away, so that it cannot repair what a
/// notification missed; a test that wants it says so.
/// </summary>
internal sealed class ListeningHost : IAsyncDisposable
{
    internal const string ListenerName = "SyncKit.EfStore listener";

    private readonly IHost _host;
    private readonly PostgresDatabase? _database;
    private readonly LogLines _log;
    private bool _stopped;

    private ListeningHost(IHost host, PostgresDatabase? database, string connectionString, LogLines log)
    {
        _host = host;
        _database = database;
        _log = log;
        ConnectionString = connectionString;
    }

    internal string ConnectionString { get; }

    internal IRealtimeEventStore Store => _host.Services.GetRequiredService<IRealtimeEventStore>();

    internal NotificationHub Hub => _host.Services.GetRequiredService<NotificationHub>();

    internal IServiceProvider Services => _host.Services;

    /// <summary>What was logged, from Information up: level, event id, message.</summary>
    internal Collector<string> Log => _log.Lines;

    /// <summary>On a fresh database of the shared server; with the listener in place.</summary>
    internal static async Task<ListeningHost> StartAsync(Action<EventStoreOptions>? configure = null)
    {
        var database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        return await StartAsync(database.ConnectionString, configure, database);
    }

    /// <summary>On a database of the test's own.</summary>
    internal static async Task<ListeningHost> StartAsync(
        string connectionString,
        Action<EventStoreOptions>? configure = null,
        PostgresDatabase? database = null,
        Action<IServiceCollection>? services = null)
    {
        var log = new LogLines();
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.AddProvider(log);
        services?.Invoke(builder.Services);
        builder.Services.AddPostgresEventStore(options =>
        {
            options.ConnectionString = TestRoles.ForStore(connectionString);
            options.PollInterval = TimeSpan.FromHours(1);
            options.ReconnectInterval = TimeSpan.FromMilliseconds(20);
            options.MaxReconnectInterval = TimeSpan.FromMilliseconds(200);
            configure?.Invoke(options);
        });
        var host = new ListeningHost(builder.Build(), database, connectionString, log);
        await host._host.StartAsync();
        return host;
    }

    internal Collector<EventNotification> ObserveAll(Action<EventNotification>? whenItArrives = null)
    {
        var seen = new Collector<EventNotification>(whenItArrives);
        Store.ObserveAll().Subscribe(seen);
        return seen;
    }

    internal Collector<EventNotification> ObserveStream(string aggregateId)
    {
        var seen = new Collector<EventNotification>();
        Store.ObserveStream(aggregateId).Subscribe(seen);
        return seen;
    }

    internal Collector<ListenerState> ObserveStates()
    {
        var states = new Collector<ListenerState>();
        Store.ListenerStates.Subscribe(states);
        return states;
    }

    /// <summary>Ends when every observer added so far is sure to see what is committed next, by whomever.</summary>
    internal Task AllInPlaceAsync() => Hub.WhenAllInPlaceAsync(TimeSpan.FromSeconds(20), CancellationToken.None).AsTask();

    internal Task<NpgsqlConnection> ConnectAsync() => RawSql.ConnectAsync(ConnectionString);

    /// <summary>An event that other programs would write: its stream version and version come from the database.</summary>
    internal async Task<string> InsertAsync(string aggregateId, string? id = null, string eventType = "Tested")
    {
        await using var connection = await ConnectAsync();
        return await connection.InsertAsync(aggregateId, id, eventType);
    }

    /// <summary>Appends an event and waits until an observer has it: all that was committed before has come too, or never will.</summary>
    internal async Task<string> MarkAsync(Collector<EventNotification> seen, string aggregateId = "marker")
    {
        var marker = await AppendAsync(aggregateId);
        await seen.WaitForIdAsync(marker);
        return marker;
    }

    internal async Task<string> AppendAsync(string aggregateId, string eventType = "Tested")
    {
        var given = Sample.Event(aggregateId, eventType: eventType);
        await Store.StoreAsync(given);
        return given.Id;
    }

    /// <summary>Kills the listener's backend, and ends when it is gone.</summary>
    internal async Task<bool> KillListenerAsync()
    {
        await using var connection = await ConnectAsync();
        return await connection.ScalarAsync<long>(
            """
            SELECT count(*) FILTER (WHERE pg_terminate_backend(pid, 5000))
            FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1
            """,
            ListenerName) > 0;
    }

    internal async Task StopAsync()
    {
        if (!_stopped)
        {
            _stopped = true;
            await _host.StopAsync();
        }
    }

    /// <summary>Stops and disposes the application, keeps the database.</summary>
    internal async Task EndAsync()
    {
        await StopAsync();
        await ((IAsyncDisposable)_host).DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        if (_database is not null)
        {
            await _database.DisposeAsync();
        }
    }

    private sealed class LogLines : ILoggerProvider, ILogger
    {
        internal Collector<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.OnNext($"{logLevel} {eventId.Id}: {formatter(state, exception)} {exception?.GetType().Name}");

        public void Dispose()
        {
        }
    }
}
