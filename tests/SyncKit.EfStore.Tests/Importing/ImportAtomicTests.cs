using SyncKit.EfStore.Importing;

namespace SyncKit.EfStore.Tests.Importing;

/// <summary>One transaction for all: nobody sees a part of it, and no failure leaves one.</summary>
[TestClass]
public sealed class ImportAtomicTests : ImportDatabase
{
    private protected override bool AsOwner => true;

    // More than a batch, so that a part of it is in the table before the end.
    private const int Count = EventBatch.MaxEvents + 3_000;

    private static readonly ImportOptions Atomic = new() { Atomic = true };

    [TestMethod]
    public async Task An_error_at_the_end_stores_nothing_and_says_so()
    {
        var first = Event(1);
        await Events.StoreAsync(new EventData(first.AggregateId, "Other") { Id = "taken" });

        var error = await Assert.ThrowsExactlyAsync<ImportException>(
            () => Importer.ImportAsync(Range(1, Count).Append(new EventData("s", "T") { Id = "taken" }).ToAsyncEnumerable(), Atomic));

        Assert.AreEqual(
            $"Line {Count + 1}: The id 'taken' is already stored with other content. Nothing is stored, since the import is one transaction. "
                + "Correct the line and import the same input again.",
            error.Message);
        Assert.AreEqual((0L, 0L), (error.Stored, error.Skipped));
        Assert.AreEqual(1, await CountAsync());
    }

    [TestMethod]
    public async Task A_broken_line_at_the_end_stores_nothing()
    {
        var lines = string.Concat(Range(1, 50).Select(given => $$"""{"id":"{{given.Id}}","aggregate_id":"s","event_type":"T"}""" + "\n")) + "{";
        using var input = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(lines));

        var error = await Assert.ThrowsExactlyAsync<ImportException>(() => Importer.ImportAsync(input, Atomic));

        Assert.AreEqual((51L, 0L), (error.Line, error.Stored));
        Assert.AreEqual(0, await CountAsync());
    }

    [TestMethod]
    public async Task Success_stores_all_that_is_new_in_any_number_of_streams()
    {
        const int Streams = 12_000;
        await Events.StoreAsync([.. Range(500, 3)]);
        var given = Range(1, Count).Select((e, i) => i is >= 499 and < 502 ? e : new EventData($"stream-{i % Streams}", "T") { Id = e.Id });

        var result = await Importer.ImportAsync(given.ToAsyncEnumerable(), Atomic);

        Assert.AreEqual(new ImportResult(Count - 3, Streams, 3), result);
        Assert.AreEqual(Count, await CountAsync());
        await AssertStreamsAreWholeAsync();
    }

    [TestMethod]
    public async Task Until_it_ends_readers_see_nothing_and_writers_wait()
    {
        var stored = new TaskCompletionSource();
        var goOn = new TaskCompletionSource();
        await Events.GetLatestVersionAsync();
        var import = Importer.ImportAsync(PausedAsync(Range(1, Count), Count - 1, goOn.Task), Atomic, new Report(_ => stored.TrySetResult()));
        await stored.Task;

        await using var watcher = await RawSql.ConnectAsync(ConnectionString);
        var append = Events.StoreAsync(new EventData("elsewhere", "Appended"));
        while (!append.IsCompleted
            && await watcher.ScalarAsync<long>("SELECT count(*) FROM pg_locks WHERE relation = 'events'::regclass AND NOT granted") == 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5));
        }

        var (writerWaits, visible) = (!append.IsCompleted, await CountAsync());
        goOn.SetResult();
        await import;

        Assert.IsTrue(writerWaits);
        Assert.AreEqual(0, visible);
        Assert.IsTrue((await append).Events[0].Version.Value > Count);
        Assert.AreEqual(Count + 1, await CountAsync());
        await AssertStreamsAreWholeAsync();
    }

    [TestMethod]
    public async Task Cancelled_after_a_batch_it_has_stored_nothing()
    {
        using var cancel = new CancellationTokenSource();

        await Assert.ThrowsAsync<OperationCanceledException>(
            () => Importer.ImportAsync(Range(1, Count).ToAsyncEnumerable(), Atomic, new Report(_ => cancel.Cancel()), cancel.Token));

        Assert.AreEqual(0, await CountAsync());
        Assert.AreEqual(1, (await Events.StoreAsync(Sample.Event("s"))).StreamVersion);
    }

    [TestMethod]
    public async Task Cut_off_after_a_batch_it_has_stored_nothing_and_can_be_repeated()
    {
        var stored = new TaskCompletionSource();
        var goOn = new TaskCompletionSource();
        var import = Importer.ImportAsync(PausedAsync(Range(1, Count), Count - 1, goOn.Task), Atomic, new Report(_ => stored.TrySetResult()));
        await stored.Task;

        await using var watcher = await RawSql.ConnectAsync(ConnectionString);
        await watcher.RunAsync(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'");
        goOn.SetResult();

        var lost = await Assert.ThrowsExactlyAsync<EventStoreUnavailableException>(() => import);
        Assert.AreEqual(UnavailableReason.ConnectionLost, lost.Reason);
        Assert.AreEqual(0, await CountAsync());
        Assert.AreEqual(Count, (await Importer.ImportAsync(Range(1, Count).ToAsyncEnumerable(), Atomic)).Stored);
    }

    /// <summary>Waits before one of the events, so that the batches before it are stored and the end is not.</summary>
    private static async IAsyncEnumerable<EventData> PausedAsync(IEnumerable<EventData> events, int before, Task goOn)
    {
        foreach (var given in events)
        {
            if (before-- == 0)
            {
                await goOn;
            }

            yield return given;
        }
    }
}
