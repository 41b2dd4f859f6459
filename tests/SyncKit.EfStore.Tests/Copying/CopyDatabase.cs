using Microsoft.Extensions.DependencyInjection;
using SyncKit.EfStore.Sqlite;
using SyncKit.EfStore.Sqlite.Appending;
using SyncKit.EfStore.Tests.Sqlite;

namespace SyncKit.EfStore.Tests.Copying;

/// <summary>A test class of copies with a database of its own for each test.</summary>
public abstract class CopyDatabase : StoreDatabase
{
    public required TestContext TestContext { get; set; }

    private protected PostgresEventLog Postgres => Services.GetRequiredService<PostgresEventLog>();

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

    private protected sealed class Report(Action<EventCopyProgress> report) : IProgress<EventCopyProgress>
    {
        void IProgress<EventCopyProgress>.Report(EventCopyProgress value) => report(value);
    }
}
