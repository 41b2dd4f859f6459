using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Storage;

/// <summary>LINQ over the log, and rows added through plain EF.</summary>
[TestClass]
public sealed class EventQueryableTests
{
    private static PostgresDatabase _database = null!;
    private static TestStore _store = null!;

    [ClassInitialize]
    public static async Task Open(TestContext context)
    {
        _database = await (await TestServer.GetAsync()).CreateDatabaseAsync(context.CancellationToken);
        _store = new TestStore(_database.ConnectionString);
        await _store.Events.StoreAsync(
        [
            .. Enumerable.Range(1, 20).Select(n => EventData.FromJson(
                $"order-{n % 4}", n % 5 == 0 ? "Cancelled" : "Placed", $$"""{"total": {{n}}, "tags": ["t{{n % 3}}"]}""", """{"by": "test"}""")),
            new EventData("order-0", "Empty"),
        ]);
    }

    [ClassCleanup]
    public static async Task Close()
    {
        await _store.DisposeAsync();
        await _database.DisposeAsync();
    }

    [TestMethod]
    public async Task Filters_by_columns()
    {
        await using var db = _store.CreateContext();

        var rows = await db.Events.AsNoTracking()
            .Where(e => e.AggregateId == "order-0" && e.EventType == "Placed" && e.CreatedAt > DateTimeOffset.UnixEpoch)
            .OrderBy(e => e.Version).ToListAsync();

        CollectionAssert.AreEqual((int[])[4, 8, 12, 16], rows.Select(e => e.Data!.Value.GetProperty("total").GetInt32()).ToArray());
        Assert.IsTrue(rows.All(e => e.StreamName == "stream_order-0"));
        CollectionAssert.AreEqual((long[])[1, 2, 3, 4], rows.Select(e => e.StreamVersion).ToArray());
    }

    [TestMethod]
    public async Task Filters_by_a_property_of_the_data()
    {
        await using var db = _store.CreateContext();

        var big = await db.Events.CountAsync(e => e.Data!.Value.GetProperty("total").GetInt32() > 15);

        Assert.AreEqual(5, big);
    }

    [TestMethod]
    public async Task Filters_by_containment()
    {
        await using var db = _store.CreateContext();

        var tagged = await db.Events.CountAsync(e => EF.Functions.JsonContains(e.Data!, """{"tags": ["t1"]}"""));

        Assert.AreEqual(7, tagged);
    }

    [TestMethod]
    public async Task Groups_and_counts()
    {
        await using var db = _store.CreateContext();

        var counts = await db.Events.GroupBy(e => e.EventType).Select(g => new { g.Key, Count = g.Count(), Last = g.Max(e => e.Version) })
            .ToDictionaryAsync(g => g.Key);

        Assert.AreEqual(16, counts["Placed"].Count);
        Assert.AreEqual(4, counts["Cancelled"].Count);
    }

    [TestMethod]
    public async Task Finds_absent_data_as_null()
    {
        await using var db = _store.CreateContext();

        var empty = await db.Events.AsNoTracking().SingleAsync(e => e.Data == null);

        Assert.AreEqual("Empty", empty.EventType);
        Assert.IsNull(empty.Metadata);
    }

    [TestMethod]
    public async Task Added_rows_get_their_places_from_the_trigger()
    {
        await using var db = _store.CreateContext();
        var stream = Sample.Stream();
        var rows = Enumerable.Range(0, 5).Select(n => new EventRow
        {
            Id = $"{stream}-{n}",
            AggregateId = stream,
            EventType = "Added",
            Data = JsonElement.Parse("""{"ef": true}"""),
        }).ToList();

        db.Events.AddRange(rows);
        await db.SaveChangesAsync();

        CollectionAssert.AreEqual((long[])[1, 2, 3, 4, 5], rows.Select(row => row.StreamVersion).ToArray());
        Assert.IsTrue(rows.All(row => row.Version > 0 && row.CreatedAt is not null && row.StreamName == "stream_" + stream));
        var stored = await _store.StreamAsync(stream);
        CollectionAssert.AreEqual(rows.Select(row => row.Version).ToArray(), stored.Select(e => e.Version.Value).ToArray());
        Assert.AreEqual("""{"ef": true}""", stored[0].Data!.ToString());
    }

    [TestMethod]
    public async Task A_row_added_with_a_place_keeps_it_and_a_taken_one_fails()
    {
        await using var db = _store.CreateContext();
        var stream = Sample.Stream();
        db.Events.Add(new EventRow { Id = stream, AggregateId = stream, EventType = "Added", StreamVersion = 1 });
        await db.SaveChangesAsync();

        await using var other = _store.CreateContext();
        other.Events.Add(new EventRow { Id = stream + "2", AggregateId = stream, EventType = "Added", StreamVersion = 1 });

        await Assert.ThrowsExactlyAsync<DbUpdateException>(() => other.SaveChangesAsync());
        Assert.HasCount(1, await _store.StreamAsync(stream));
    }

    [TestMethod]
    public async Task The_deepest_document_can_be_read()
    {
        var stream = Sample.Stream();
        await _store.Events.StoreAsync(EventData.FromJson(stream, "Deep", new string('[', 1000) + new string(']', 1000)));
        await using var db = _store.CreateContext();

        var row = await db.Events.AsNoTracking().SingleAsync(e => e.AggregateId == stream);

        Assert.AreEqual(JsonValueKind.Array, row.Data!.Value.ValueKind);
    }
}
