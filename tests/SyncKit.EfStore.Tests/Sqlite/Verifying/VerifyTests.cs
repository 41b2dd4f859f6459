using SyncKit.EfStore.Sqlite;
using SyncKit.EfStore.Tests.Sqlite.Mirroring;

namespace SyncKit.EfStore.Tests.Sqlite.Verifying;

/// <summary>A file and what was copied of it to PostgreSQL, and what a comparison of the two names.</summary>
[TestClass]
public sealed class VerifyTests
{
    private const int Rows = 60;

    // Every form a time and a document has in files of Go.
    private const string InsertSql = """
        INSERT INTO events (id, aggregate_id, event_type, data, metadata, created_at)
        WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 59)
        SELECT 'e' || i, 's' || (i % 3), 'T',
            CASE i % 10
                WHEN 0 THEN '{"b":1e2,"a":0.10,"b":100.000}' WHEN 1 THEN '"\u00e4\ud83d\ude00"' WHEN 2 THEN 'null' WHEN 3 THEN NULL
                WHEN 4 THEN '-0.0' WHEN 5 THEN '12345678901234567890123456789.5e-3' WHEN 6 THEN '[[],{},""]' WHEN 7 THEN '{"":{"a":[1,2.0,3E1]}}'
                WHEN 8 THEN '{"z":1,"aa":2,"a":3}' ELSE ' true ' END,
            CASE i % 3 WHEN 0 THEN 'null' WHEN 1 THEN NULL ELSE '{"user": "u", "user": "v"}' END,
            CASE i % 4
                WHEN 0 THEN '2024-01-02 03:04:05' WHEN 1 THEN '2024-01-02 03:04:05.123456789+02:00' WHEN 2 THEN NULL
                ELSE '2024-01-02 03:04:05.123 +0000 UTC m=+0.5' END
        FROM n
        """;

    [TestMethod]
    public async Task A_copy_is_equal_and_each_planted_difference_is_named()
    {
        using var file = new SqliteFile(SqliteFile.GoSql);
        file.Run(InsertSql);
        await using var source = file.Open();
        await using var database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        await using var target = new TestStore(database.ConnectionString);
        var (from, to) = (MirrorPlace.Of(source), Mirror.PlaceOf(target));
        await new EventCopier(from.Source, to.Target).CopyAsync();
        foreach (var equal in new[] { await EventVerifier.VerifyAsync(from.Source, to.Source), await EventVerifier.VerifyAsync(to.Source, from.Source) })
        {
            Assert.AreEqual("", string.Join('\n', equal.First));
            Assert.AreEqual((Rows, Rows), ((int)equal.FromEvents, (int)equal.ToEvents));
        }

        await using var connection = await RawSql.ConnectAsync(database.ConnectionString);
        await connection.RunAsync("DELETE FROM events WHERE id = 'e5'");
        await connection.RunAsync("UPDATE events SET data = '{\"b\": 100, \"a\": 0.1000000000000000000001}' WHERE id = 'e10'");
        await connection.RunAsync("UPDATE events SET data = NULL WHERE id = 'e12'");
        await connection.RunAsync("UPDATE events SET created_at = created_at + interval '1 microsecond' WHERE id = 'e20'");
        await connection.RunAsync("UPDATE events SET id = CASE id WHEN 'e31' THEN 'e34x' ELSE 'e31x' END WHERE id IN ('e31', 'e34')");
        await connection.RunAsync("UPDATE events SET id = left(id, 3) WHERE id IN ('e31x', 'e34x')");
        await connection.RunAsync("UPDATE events SET data = '{\"$erased\": true}', metadata = '{\"$erased\": true}' WHERE id = 'e40'");
        await connection.RunAsync("INSERT INTO events (id, aggregate_id, event_type) VALUES ('planted', 's0', 'T')");

        var result = await EventVerifier.VerifyAsync(from.Source, to.Source);

        Assert.AreEqual((1L, 1L, 1L), (result.Missing, result.Extra, result.Erased));
        Assert.IsGreaterThanOrEqualTo(1, result.Reordered);
        var named = result.First.ToLookup(one => one.Kind);
        Assert.AreEqual("missing in the second log: event 'e5' of stream 's2', version 6", named[DifferenceKind.Missing].Single().ToString());
        Assert.AreEqual("only in the second log: event 'planted' of stream 's0'", named[DifferenceKind.Extra].Single().ToString().Split(", version")[0]);
        Assert.AreEqual("e40", named[DifferenceKind.Erased].Single().Id);
        Assert.AreEqual(EventFields.Data, Changed("e10"));
        Assert.AreEqual(EventFields.Data, Changed("e12"));
        Assert.AreEqual(EventFields.CreatedAt, Changed("e20"));
        Assert.IsTrue(named[DifferenceKind.Reordered].All(one => one.Id is "e31" or "e32" or "e33" or "e34"));
        Assert.AreEqual("stream 's2': 1 fewer in the second log", result.Streams.Single(stream => stream.AggregateId == "s2").ToString());

        EventFields Changed(string id) => named[DifferenceKind.Changed].Single(one => one.Id == id).Fields;
    }

    [TestMethod]
    public async Task An_event_is_found_by_its_id_in_either_store()
    {
        using var file = new SqliteFile(SqliteFile.GoSql);
        file.Run(InsertSql);
        await using var source = file.Open();
        await using var database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        await using var target = new TestStore(database.ConnectionString);
        var (from, to) = (MirrorPlace.Of(source), Mirror.PlaceOf(target));
        await new EventCopier(from.Source, to.Target).CopyAsync();

        foreach (var log in new[] { from.Source, to.Source })
        {
            var found = await log.FindAsync(["e7", "none", "e59", "e0"]).ToListAsync();
            CollectionAssert.AreEquivalent(new[] { ("e7", "s1"), ("e59", "s2"), ("e0", "s0") }, found.Select(one => (one.Id, one.AggregateId)).ToArray());
            Assert.AreEqual(Rows, await log.FindAsync([.. Enumerable.Range(0, 1_000).Select(i => $"e{i}")]).CountAsync());
        }
    }
}
