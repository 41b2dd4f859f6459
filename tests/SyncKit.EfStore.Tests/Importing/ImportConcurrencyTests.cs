using Npgsql;
using SyncKit.EfStore.Importing;

namespace SyncKit.EfStore.Tests.Importing;

/// <summary>An import goes on beside other writers of its streams, and through the loss of its connection.</summary>
[TestClass]
public sealed class ImportConcurrencyTests : ImportDatabase
{
    private const string RawInsert =
        "INSERT INTO events (id, aggregate_id, event_type, stream_version) SELECT $1, $2, 'Raw', coalesce(max(stream_version), 0) + 1 FROM events WHERE aggregate_id = $2";

    [TestMethod]
    public async Task Appends_to_its_streams_take_turns_with_it()
    {
        const int Count = 3 * EventBatch.MaxEvents;
        var import = Importer.ImportAsync(Range(1, Count).ToAsyncEnumerable());
        var appended = 0;
        var appends = Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
        {
            for (var n = writer; !import.IsCompleted; n++)
            {
                await Events.StoreAsync(new EventData(Event(n).AggregateId, "Appended"));
                Interlocked.Increment(ref appended);
            }
        })).ToList();

        Assert.AreEqual(new ImportResult(Count, 7, 0), await import);
        await Task.WhenAll(appends);
        Assert.IsGreaterThan(0, appended);
        Assert.AreEqual(Count + appended, await CountAsync());
        await AssertStreamsAreWholeAsync();
    }

    [TestMethod]
    public async Task A_stream_that_another_writer_has_locked_is_waited_for()
    {
        await using var holder = await RawSql.ConnectAsync(ConnectionString);
        await using var watcher = await RawSql.ConnectAsync(ConnectionString);
        await holder.RunAsync("BEGIN");
        await holder.RunAsync("SELECT pg_advisory_xact_lock(hashtextextended($1, 'events'::regclass::oid::bigint))", Event(3).AggregateId);

        var import = Importer.ImportAsync(Range(1, 100).ToAsyncEnumerable());
        await watcher.SomeoneWaitsAsync();
        await holder.RunAsync("INSERT INTO events (id, aggregate_id, event_type) VALUES ('held', $1, 'T')", Event(3).AggregateId);
        await holder.RunAsync("COMMIT");

        Assert.AreEqual(new ImportResult(100, 7, 0), await import);
        await AssertStreamsAreWholeAsync();
    }

    [TestMethod]
    public async Task Two_imports_of_the_same_input_store_it_once()
    {
        const int Count = EventBatch.MaxEvents + 1_000;
        var results = await Task.WhenAll(
            Importer.ImportAsync(Range(1, Count).ToAsyncEnumerable()), Importer.ImportAsync(Range(1, Count).ToAsyncEnumerable()));

        Assert.AreEqual((Count, Count), (results.Sum(result => result.Stored), results.Sum(result => result.Skipped)));
        Assert.AreEqual(Count, await CountAsync());
        await AssertStreamsAreWholeAsync();
    }

    [TestMethod]
    public async Task A_writer_without_locks_that_wins_a_place_is_gone_behind()
    {
        await using var raw = await RawSql.ConnectAsync(ConnectionString);
        await using var watcher = await RawSql.ConnectAsync(ConnectionString);
        await raw.RunAsync("BEGIN");
        await raw.RunAsync(RawInsert, "raw", Event(1).AggregateId);

        var import = Importer.ImportAsync(Range(1, 100).ToAsyncEnumerable());
        await watcher.SomeoneWaitsAsync();
        await raw.RunAsync("COMMIT");

        Assert.AreEqual(new ImportResult(100, 7, 0), await import);
        await AssertStreamsAreWholeAsync();
    }

    [TestMethod]
    public async Task A_flood_of_writers_without_locks_cannot_hold_it_up()
    {
        const string Hot = "hot";
        const int Count = EventBatch.MaxEvents - 1;
        using var ended = new CancellationTokenSource();
        var flood = Task.Run(async () =>
        {
            await using var raw = await RawSql.ConnectAsync(ConnectionString);
            for (var n = 0; !ended.IsCancellationRequested; n++)
            {
                try
                {
                    await raw.RunAsync(RawInsert, $"raw-{n}", Hot);
                }
                catch (PostgresException lost) when (lost.SqlState == PostgresErrorCodes.UniqueViolation)
                {
                    // The import was faster this time.
                }
            }
        });

        // The hot stream comes last: from the look at its head to its row, a whole COPY passes.
        var import = Importer.ImportAsync(Range(1, Count).Append(new EventData(Hot, "Imported")).ToAsyncEnumerable());
        try
        {
            Assert.AreEqual(Count + 1, (await import.WaitAsync(TimeSpan.FromMinutes(1))).Stored);
        }
        finally
        {
            await ended.CancelAsync();
            await flood;
        }

        await AssertStreamsAreWholeAsync();
    }

    [TestMethod]
    public async Task Cut_off_within_a_COPY_it_goes_on_when_it_is_run_again()
    {
        const int Count = 2 * EventBatch.MaxEvents;
        await using var holder = await RawSql.ConnectAsync(ConnectionString);
        await using var watcher = await RawSql.ConnectAsync(ConnectionString);

        // An id that an open transaction holds stops the COPY in the middle of the second batch.
        await holder.RunAsync("BEGIN");
        await holder.RunAsync("INSERT INTO events (id, aggregate_id, event_type) VALUES ($1, 'other', 'T')", $"{EventBatch.MaxEvents + 5_000}");
        var import = Importer.ImportAsync(Range(1, Count).ToAsyncEnumerable());
        await watcher.SomeoneWaitsAsync();
        await watcher.RunAsync(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'");

        var lost = await Assert.ThrowsExactlyAsync<EventStoreUnavailableException>(() => import);
        Assert.AreEqual(UnavailableReason.ConnectionLost, lost.Reason);
        Assert.AreEqual(EventBatch.MaxEvents, await CountAsync());
        await holder.RunAsync("ROLLBACK");

        var again = await Importer.ImportAsync(Range(1, Count).ToAsyncEnumerable());
        Assert.AreEqual(new ImportResult(EventBatch.MaxEvents, 7, EventBatch.MaxEvents), again);
        CollectionAssert.AreEqual(
            Range(1, Count).Select(given => given.Id).ToArray(),
            await Events.LoadAsync(EventVersion.Zero).Select(stored => stored.Id).ToArrayAsync());
        await AssertStreamsAreWholeAsync();
    }
}
