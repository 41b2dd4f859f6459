using SyncKit.EfStore.Importing;
using SyncKit.EfStore.Tests.Notifications;

namespace SyncKit.EfStore.Tests.Importing;

/// <summary>Neither the number of events nor that of streams may show in memory, on the server's locks, or in what observers see.</summary>
[TestClass]
public sealed class ImportSizeTests : ImportDatabase
{
    [TestMethod]
    public async Task Twenty_five_thousand_streams_fit_a_default_server()
    {
        const int Streams = 25_000;
        await using var connection = await RawSql.ConnectAsync(ConnectionString);
        Assert.AreEqual("64", await connection.ScalarAsync<string>("SHOW max_locks_per_transaction"));
        await connection.RunAsync("""
            CREATE FUNCTION count_locks() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) > 1000 THEN
                    RAISE EXCEPTION 'too many locks';
                END IF;
                RETURN NULL;
            END $$
            """);
        await connection.RunAsync("CREATE TRIGGER count_locks AFTER INSERT ON events FOR EACH STATEMENT EXECUTE FUNCTION count_locks()");

        var result = await Importer.ImportAsync(
            Enumerable.Range(1, Streams).Select(n => new EventData($"stream-{n}", "Imported") { Id = $"{n}" }).ToAsyncEnumerable());

        Assert.AreEqual(new ImportResult(Streams, Streams, 0), result);
        Assert.AreEqual(Streams, await connection.ScalarAsync<long>("SELECT count(DISTINCT aggregate_id) FROM events WHERE stream_version = 1"));
    }

    [TestMethod]
    public async Task The_input_is_read_at_most_three_batches_ahead_of_what_is_stored()
    {
        const int Count = 6 * EventBatch.MaxEvents;
        var (read, stored, ahead) = (0L, 0L, 0L);
        var input = Range(1, Count).Select(given =>
        {
            ahead = Math.Max(ahead, ++read - Interlocked.Read(ref stored));
            return given;
        });

        await Importer.ImportAsync(input.ToAsyncEnumerable(), progress: new Report(now => Interlocked.Exchange(ref stored, now.Stored)));

        Assert.AreEqual(Count, stored);

        // The last event read of those is the one that found its batch full; between a commit and its report there is room for one more batch.
        Assert.IsLessThanOrEqualTo((4 * EventBatch.MaxEvents) + 1, ahead);
        Assert.IsGreaterThan(EventBatch.MaxEvents, ahead, "It must read on while a batch is stored.");
    }

    [TestMethod]
    public async Task An_observer_sees_each_event_once_whether_a_batch_tells_of_events_or_of_ranges()
    {
        const int Count = EventBatch.MaxEvents + 200;
        await using var host = await ListeningHost.StartAsync();
        var seen = host.ObserveAll();
        var importer = (EventImporter)host.Services.GetService(typeof(EventImporter))!;

        await importer.ImportAsync(Range(1, Count).ToAsyncEnumerable());
        await host.MarkAsync(seen);

        Assert.IsEmpty(seen.Violations);
        CollectionAssert.AreEquivalent(
            Range(1, Count).Select(given => given.Id).ToArray(), seen.Items.SkipLast(1).Select(notified => notified.Id).ToArray());
    }
}
