using Npgsql;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Subscriptions.Named;

/// <summary>A test class of named subscriptions, with a database of its own for each test.</summary>
public abstract class SubscriptionDatabase
{
    private PostgresDatabase? _database;

    private protected string ConnectionString => _database!.ConnectionString;

    private protected Inbox Inbox { get; } = new();

    [TestInitialize]
    public async Task CreateDatabaseAsync() => _database = await (await TestServer.GetAsync()).CreateDatabaseAsync();

    [TestCleanup]
    public async Task DropDatabaseAsync() => await _database!.DisposeAsync();

    private protected Task<SubscribingHost> StartAsync(Action<SubscriptionOptions>? configure = null) =>
        SubscribingHost.StartAsync(ConnectionString, Inbox, configure);

    private protected Task<NpgsqlConnection> ConnectAsync() => RawSql.ConnectAsync(ConnectionString);

    /// <summary>Events without a subscription yet: the versions 1 to n, in streams by turns.</summary>
    private protected async Task FillAsync(int count, int streams = 1)
    {
        await using var connection = await ConnectAsync();
        await connection.RunAsync(
            """
            INSERT INTO events (id, aggregate_id, event_type, data, stream_version)
            SELECT 'e' || n, 's' || (n - 1) % $2, 'T' || n % 2, '{}', (n - 1) / $2 + 1 FROM generate_series(1, $1) AS n
            """,
            count,
            streams);
    }
}
