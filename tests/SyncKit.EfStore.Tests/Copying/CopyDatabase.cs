using Microsoft.Extensions.DependencyInjection;
using SyncKit.EfStore.Sqlite;
using SyncKit.EfStore.Sqlite.Appending;
using SyncKit.EfStore.Testing;
using SyncKit.EfStore.Tests.Sqlite;

namespace SyncKit.EfStore.Tests.Copying;

/// <summary>A test class of copies with a database of its own for each test.</summary>
public abstract class CopyDatabase : IAsyncDisposable
{
    private PostgresDatabase? _database;
    private TestStore? _store;

    public required TestContext TestContext { get; set; }

    private protected string ConnectionString => _database!.ConnectionString;

    private protected IEventStore Events => _store!.Events;

    private protected PostgresEventLog Postgres => _store!.Services.GetRequiredService<PostgresEventLog>();

    /// <summary>Whether it copies as the owner, for what no writer may.</summary>
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

    /// <summary>A file as a source: read only.</summary>
    private protected static SqliteEventStore Source(SqliteFile file) => file.Open(options => options.ReadOnly = true);

    private protected Task<EventCopyResult> CopyAsync(
        IEventCopySource from, IEventCopyTarget to, EventCopyOptions? options = null, IProgress<EventCopyProgress>? progress = null) =>
        new EventCopier(from, to).CopyAsync(options, progress, TestContext.CancellationToken);

    private protected static Task<List<SourceEvent>> ReadAsync(IEventCopySource log) => ReadAsync(log, EventVersion.Zero);

    private protected static async Task<List<SourceEvent>> ReadAsync(IEventCopySource log, EventVersion after) =>
        await log.ReadAsync(after, await log.GetLatestVersionAsync()).ToListAsync();

    /// <summary>The same events in the same order, JSON as JSONB compares it.</summary>
    private protected static async Task AssertSameAsync(IEventCopySource expected, IEventCopySource actual, bool sameVersions = false)
    {
        var (ones, others) = (await ReadAsync(expected), await ReadAsync(actual));
        Assert.HasCount(ones.Count, others);
        for (var i = 0; i < ones.Count; i++)
        {
            AssertSame(ones[i], others[i], sameVersions);
        }
    }

    private protected static void AssertSame(SourceEvent one, SourceEvent other, bool sameVersions = false)
    {
        Assert.AreEqual(
            (one.Id, one.AggregateId, one.EventType, one.CreatedAt, one.OriginNode, one.OriginCounter),
            (other.Id, other.AggregateId, other.EventType, other.CreatedAt, other.OriginNode, other.OriginCounter));
        Assert.IsTrue(!sameVersions || one.Version == other.Version, $"{one.Version} is {other.Version}");
        Assert.IsTrue(SameJson.IsSame(one.Data, other.Data), $"{one.Version}: {one.Data} is {other.Data}");
        Assert.IsTrue(SameJson.IsSame(one.Metadata, other.Metadata), $"{one.Version}: {one.Metadata} is {other.Metadata}");
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

    private protected sealed class Report(Action<EventCopyProgress> report) : IProgress<EventCopyProgress>
    {
        void IProgress<EventCopyProgress>.Report(EventCopyProgress value) => report(value);
    }
}
