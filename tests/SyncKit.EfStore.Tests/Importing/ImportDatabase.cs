using Microsoft.Extensions.DependencyInjection;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Importing;

/// <summary>A test class of imports with a database of its own for each test.</summary>
public abstract class ImportDatabase : IAsyncDisposable
{
    private const int Streams = 7;

    private PostgresDatabase? _database;
    private TestStore? _store;

    private protected string ConnectionString => _database!.ConnectionString;

    private protected IEventStore Events => _store!.Events;

    private protected EventImporter Importer => _store!.Services.GetRequiredService<EventImporter>();

    /// <summary>Whether it imports as the owner, for what no writer may.</summary>
    private protected virtual bool AsOwner => false;

    [TestInitialize]
    public async Task CreateDatabaseAsync()
    {
        _database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        _store = AsOwner ? TestStore.AsOwner(ConnectionString) : new TestStore(ConnectionString);
    }

    public async ValueTask DisposeAsync()
    {
        await _store!.DisposeAsync();
        await _database!.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>The same event for the same number, in one of seven streams by turns.</summary>
    private protected static EventData Event(int number) => new($"stream-{number % Streams}", "Imported", EventJson.Parse($"[{number}]")) { Id = $"{number}" };

    private protected static IEnumerable<EventData> Range(int from, int count) => Enumerable.Range(from, count).Select(Event);

    /// <summary>All that is committed, settled or not.</summary>
    private protected async Task<int> CountAsync()
    {
        await using var connection = await RawSql.ConnectAsync(ConnectionString);
        return await connection.ScalarAsync<int>("SELECT count(*)::int FROM events");
    }

    /// <summary>Every stream goes 1, 2, 3 … without a gap, in the order of versions.</summary>
    private protected async Task AssertStreamsAreWholeAsync()
    {
        await using var connection = await RawSql.ConnectAsync(ConnectionString);
        Assert.AreEqual(0L, await connection.ScalarAsync<long>("""
            SELECT count(*) FROM (
                SELECT stream_version, row_number() OVER (PARTITION BY aggregate_id ORDER BY version) AS place FROM events
            ) AS numbered WHERE stream_version <> place
            """));
    }

    private protected sealed class Report(Action<ImportProgress> report) : IProgress<ImportProgress>
    {
        void IProgress<ImportProgress>.Report(ImportProgress value) => report(value);
    }
}
