using Npgsql;
using NpgsqlTypes;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Storage;

/// <summary>What other programs may rely on when they INSERT without stream_version.</summary>
[TestClass]
public sealed class StreamVersionTriggerTests
{
    private static PostgresDatabase _database = null!;

    [ClassInitialize]
    public static async Task Open(TestContext context) =>
        _database = await (await TestServer.GetAsync()).CreateDatabaseAsync(context.CancellationToken);

    [ClassCleanup]
    public static async Task Close() => await _database.DisposeAsync();

    [TestMethod]
    public async Task A_plain_insert_gets_the_next_place()
    {
        await using var connection = await RawSql.ConnectAsync(_database.ConnectionString);
        var stream = Sample.Stream();

        for (var place = 1; place <= 3; place++)
        {
            Assert.AreEqual(place, await connection.ScalarAsync<long>(
                "INSERT INTO events (id, aggregate_id, event_type, data) VALUES (gen_random_uuid(), $1, 'T', '{}') RETURNING stream_version",
                stream));
        }
    }

    [TestMethod]
    public async Task Rows_of_one_statement_are_numbered_in_their_order_in_each_stream()
    {
        await using var connection = await RawSql.ConnectAsync(_database.ConnectionString);
        var (a, b) = (Sample.Stream(), Sample.Stream());

        await connection.RunAsync(
            "INSERT INTO events (id, aggregate_id, event_type) SELECT $1 || n, CASE n % 3 WHEN 0 THEN $1 ELSE $2 END, 'T' FROM generate_series(1, 30) AS n",
            a, b);

        await AssertNumberedAsync(connection, a, 10);
        await AssertNumberedAsync(connection, b, 20);
    }

    [TestMethod]
    public async Task Copy_is_numbered_as_well()
    {
        await using var connection = await RawSql.ConnectAsync(_database.ConnectionString);
        var stream = Sample.Stream();
        await connection.RunAsync("INSERT INTO events (id, aggregate_id, event_type) VALUES ($1, $1, 'T')", stream);

        await using (var copy = await connection.BeginBinaryImportAsync("COPY events (id, aggregate_id, event_type) FROM STDIN (FORMAT BINARY)"))
        {
            for (var i = 0; i < 100; i++)
            {
                await copy.WriteRowAsync(CancellationToken.None, $"{stream}-{i}", stream, "T");
            }

            await copy.CompleteAsync();
        }

        await AssertNumberedAsync(connection, stream, 101);
    }

    [TestMethod]
    public async Task Rows_left_out_by_on_conflict_leave_no_gap_in_a_stream()
    {
        await using var connection = await RawSql.ConnectAsync(_database.ConnectionString);
        var stream = Sample.Stream();

        for (var i = 0; i < 3; i++)
        {
            await connection.RunAsync(
                "INSERT INTO events (id, aggregate_id, event_type) VALUES ($1 || 'same', $1, 'T'), ($2, $1, 'T') ON CONFLICT (id) DO NOTHING",
                stream, Guid.NewGuid().ToString());
        }

        await AssertNumberedAsync(connection, stream, 4);
    }

    [TestMethod]
    public async Task A_version_the_caller_chose_is_kept_in_a_fresh_session_and_in_a_used_one()
    {
        await using var database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        await using var fresh = await RawSql.ConnectAsync(database.ConnectionString);

        // currval is undefined here.
        Assert.AreEqual(1_000, await ChooseAsync(fresh, 1_000));

        var drawn = await fresh.ScalarAsync<long>(
            "INSERT INTO events (id, aggregate_id, event_type) VALUES ('drawn', 's', 'T') RETURNING version");
        Assert.AreEqual(2_000, await ChooseAsync(fresh, 2_000));
        Assert.IsLessThan(1_000, drawn);

        await using var other = await RawSql.ConnectAsync(database.ConnectionString);
        Assert.AreEqual(3_000, await ChooseAsync(other, 3_000));
        CollectionAssert.AreEqual(
            (long[])[1, 2, 3, 4], await other.ColumnAsync<long>("SELECT stream_version FROM events ORDER BY stream_version"));

        static Task<long> ChooseAsync(NpgsqlConnection connection, long version) => connection.ScalarAsync<long>(
            "INSERT INTO events (version, id, aggregate_id, event_type) VALUES ($1, $1::text, 's', 'T') RETURNING version", version);
    }

    [TestMethod]
    public async Task A_failed_row_in_a_used_session_does_not_disturb_the_next()
    {
        await using var connection = await RawSql.ConnectAsync(_database.ConnectionString);
        var stream = Sample.Stream();
        await connection.RunAsync("INSERT INTO events (id, aggregate_id, event_type) VALUES ($1, $1, 'T')", stream);

        var duplicate = await Assert.ThrowsExactlyAsync<PostgresException>(
            () => connection.RunAsync("INSERT INTO events (id, aggregate_id, event_type) VALUES ($1, $1, 'T')", stream));
        await connection.RunAsync("INSERT INTO events (id, aggregate_id, event_type) VALUES ($1 || '2', $1, 'T')", stream);

        Assert.AreEqual("events_id_key", duplicate.ConstraintName);
        await AssertNumberedAsync(connection, stream, 2);
    }

    [TestMethod]
    public async Task Raw_writers_and_the_store_number_one_stream_together_without_a_failure()
    {
        const int rawWriters = 8;
        const int storeWriters = 4;
        const int each = 40;
        await using var store = new TestStore(_database.ConnectionString);
        await using var reading = await RawSql.ConnectAsync(_database.ConnectionString);
        var stream = Sample.Stream();

        await Task.WhenAll(
            Enumerable.Range(0, rawWriters).Select(writer => Task.Run(async () =>
            {
                await using var connection = await RawSql.ConnectAsync(_database.ConnectionString);
                for (var i = 0; i < each; i++)
                {
                    await connection.RunAsync(
                        "INSERT INTO events (id, aggregate_id, event_type) VALUES ($1, $2, 'Raw')", $"{stream}-{writer}-{i}", stream);
                }
            }))
            .Concat(Enumerable.Range(0, storeWriters).Select(_ => Task.Run(async () =>
            {
                for (var i = 0; i < each; i++)
                {
                    await store.Events.StoreAsync(Sample.Event(stream, i));
                }
            }))));

        await AssertNumberedAsync(reading, stream, (rawWriters + storeWriters) * each);
    }

    [TestMethod]
    public async Task Multi_row_writers_that_cross_streams_deadlock_at_worst_among_themselves_and_never_fail_the_store()
    {
        await using var store = new TestStore(_database.ConnectionString);
        await using var reading = await RawSql.ConnectAsync(_database.ConnectionString);
        var (a, b) = (Sample.Stream(), Sample.Stream());

        await Task.WhenAll(
            Enumerable.Range(0, 2).Select(writer => Task.Run(async () =>
            {
                await using var connection = await RawSql.ConnectAsync(_database.ConnectionString);
                await connection.RunAsync("SET deadlock_timeout = '10ms'");
                for (var i = 0; i < 20; i++)
                {
                    try
                    {
                        await connection.RunAsync(
                            "INSERT INTO events (id, aggregate_id, event_type) VALUES ($1 || 'x', $2, 'Raw'), ($1 || 'y', $3, 'Raw')",
                            $"{a}-{writer}-{i}", writer == 0 ? a : b, writer == 0 ? b : a);
                    }
                    catch (PostgresException deadlock) when (deadlock.SqlState == PostgresErrorCodes.DeadlockDetected)
                    {
                    }
                }
            }))
            .Concat(Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
            {
                for (var i = 0; i < 20; i++)
                {
                    await store.Events.StoreAsync([Sample.Event(b, i), Sample.Event(a, i)]);
                }
            }))));

        foreach (var stream in (string[])[a, b])
        {
            await AssertNumberedAsync(reading, stream, await reading.ScalarAsync<long>("SELECT count(*) FROM events WHERE aggregate_id = $1", stream));
        }
    }

    [TestMethod]
    public async Task Streams_that_differ_only_in_case_or_spaces_are_numbered_apart()
    {
        await using var connection = await RawSql.ConnectAsync(_database.ConnectionString);
        var stream = Sample.Stream();
        string[] names = [stream, stream.ToUpperInvariant(), stream + " ", " " + stream];

        foreach (var name in names.Concat(names))
        {
            await connection.RunAsync("INSERT INTO events (id, aggregate_id, event_type) VALUES (gen_random_uuid(), $1, 'T')", name);
        }

        foreach (var name in names)
        {
            await AssertNumberedAsync(connection, name, 2);
        }
    }

    [TestMethod]
    public async Task Copy_into_a_table_that_was_analyzed_while_empty_is_about_as_fast_as_into_a_full_one()
    {
        // Time is compared here on purpose, and only as a ratio within one test: a plan cached for an empty table scans it for every
        // row, which took thirty times as long and grows with the square of the rows. Three times is far from both; and a machine
        // that is busy just then gets two more tries, which that fault would fail as well.
        const int rows = 20_000;
        await using var database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        var (empty, full) = (TimeSpan.MaxValue, TimeSpan.Zero);
        for (var tries = 0; tries < 3 && empty > 3 * full; tries++)
        {
            empty = await TimeCopyAsync(database, "empty", "TRUNCATE events");
            full = await TimeCopyAsync(database, "full", "SELECT 1");
        }

        Assert.IsLessThanOrEqualTo(3 * full, empty);

        static async Task<TimeSpan> TimeCopyAsync(PostgresDatabase database, string prefix, string first)
        {
            await using var connection = await RawSql.ConnectAsync(database.ConnectionString);
            await connection.RunAsync(first);
            await connection.RunAsync("VACUUM events");
            await connection.RunAsync("ANALYZE events");
            var started = TimeProvider.System.GetTimestamp();
            await CopyAsync(connection, prefix);
            return TimeProvider.System.GetElapsedTime(started);
        }

        static async Task CopyAsync(NpgsqlConnection connection, string prefix)
        {
            await using var copy = await connection.BeginBinaryImportAsync(
                "COPY events (id, aggregate_id, event_type, data) FROM STDIN (FORMAT BINARY)");
            for (var i = 0; i < rows; i++)
            {
                await copy.StartRowAsync();
                await copy.WriteAsync($"{prefix}-{i}");
                await copy.WriteAsync($"stream-{i % 100}");
                await copy.WriteAsync("T");
                await copy.WriteAsync("{}", NpgsqlDbType.Jsonb);
            }

            await copy.CompleteAsync();
        }
    }

    /// <summary>1, 2, 3 … without gaps, and in the order of versions.</summary>
    private static async Task AssertNumberedAsync(NpgsqlConnection connection, string stream, long count)
    {
        var places = await connection.ColumnAsync<long>("SELECT stream_version FROM events WHERE aggregate_id = $1 ORDER BY version", stream);
        Assert.AreEqual(count, places.Count);
        CollectionAssert.AreEqual(Enumerable.Range(1, places.Count).Select(place => (long)place).ToList(), places);
    }
}
