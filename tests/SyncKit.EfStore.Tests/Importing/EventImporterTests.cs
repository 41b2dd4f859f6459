using System.Text;
using Microsoft.Extensions.DependencyInjection;
using SyncKit.EfStore.Importing;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Importing;

[TestClass]
public sealed class EventImporterTests
{
    private PostgresDatabase? _database;
    private ServiceProvider? _services;

    private IEventStore Store => _services!.GetRequiredService<IEventStore>();

    private EventImporter Importer => _services!.GetRequiredService<EventImporter>();

    [TestInitialize]
    public async Task CreateStoreAsync()
    {
        _database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        _services = new ServiceCollection().AddPostgresEventStore(TestRoles.ForStore(_database.ConnectionString)).Services.BuildServiceProvider();
    }

    [TestCleanup]
    public async Task DropStoreAsync()
    {
        await _services!.DisposeAsync();
        await _database!.DisposeAsync();
    }

    [TestMethod]
    public async Task Order_and_stream_versions_follow_the_input()
    {
        var result = await ImportAsync(Enumerable.Range(1, 2_500).Select(n => Line(n)));
        var stored = await ReadAsync();

        Assert.AreEqual(new ImportResult(Stored: 2_500, Streams: 7, Skipped: 0), result);
        CollectionAssert.AreEqual(Enumerable.Range(1, 2_500).Select(n => $"{n}").ToList(), stored.Select(e => e.Id).ToList());
        foreach (var stream in stored.GroupBy(e => e.AggregateId))
        {
            CollectionAssert.AreEqual(Enumerable.Range(1, stream.Count()).Select(n => (long)n).ToList(), stream.Select(e => e.StreamVersion).ToList());
        }
    }

    [TestMethod]
    public async Task What_is_stored_already_is_skipped_wherever_it_stands()
    {
        await ImportAsync(Enumerable.Range(1, 1_500).Where(n => n % 3 == 0).Select(n => Line(n)));
        var second = await ImportAsync(Enumerable.Range(1, 1_500).Select(n => Line(n)));
        var third = await ImportAsync(Enumerable.Range(1, 1_500).Select(n => Line(n)));

        Assert.AreEqual(new ImportResult(1_000, 7, 500), second);
        Assert.AreEqual(new ImportResult(0, 0, 1_500), third);
    }

    [TestMethod]
    public async Task The_same_event_twice_is_stored_once()
    {
        var result = await ImportAsync([Line(1), Line(2), Line(1), Line(3), Line(3)]);

        Assert.AreEqual(new ImportResult(3, 3, 2), result);
    }

    [TestMethod]
    public async Task An_id_with_other_content_stops_it_after_everything_before()
    {
        await ImportAsync([Line(7, "\"other\"")]);
        var error = await Assert.ThrowsExactlyAsync<ImportException>(() => ImportAsync(Enumerable.Range(1, 10).Select(n => Line(n))));

        Assert.AreEqual(
            "Line 7: The id '7' is already stored with other content. Everything before it is stored: 6 events now, 0 earlier. "
                + "Correct the line and import the same input again; it goes on from there.",
            error.Message);
        Assert.AreEqual((7L, 6L, 0L), (error.Line, error.Stored, error.Skipped));
        Assert.HasCount(7, await ReadAsync());
    }

    [TestMethod]
    public async Task The_same_id_twice_with_other_content_stops_at_the_second()
    {
        var error = await Assert.ThrowsExactlyAsync<ImportException>(() => ImportAsync([Line(1), Line(2), Line(1, "\"other\""), Line(3)]));

        Assert.AreEqual((3L, 2L), (error.Line, error.Stored));
    }

    [TestMethod]
    public async Task A_document_over_the_limit_of_the_store_is_named_by_its_line()
    {
        var large = $"\"{new string('x', EventLimits.DefaultMaxJsonBytes)}\"";
        var error = await Assert.ThrowsExactlyAsync<ImportException>(
            () => ImportAsync([.. Enumerable.Range(1, 20).Select(n => Line(n)), Line(21, large), Line(22)]));

        Assert.AreEqual((21L, 20L), (error.Line, error.Stored));
        Assert.AreEqual("The data must hold at most 16777216 bytes of UTF-8; it holds 16777218 bytes.", error.Problem);
        Assert.HasCount(20, await ReadAsync());
    }

    [TestMethod]
    public async Task A_broken_line_is_reported_when_all_before_it_is_stored()
    {
        var error = await Assert.ThrowsExactlyAsync<ImportException>(
            () => ImportAsync([.. Enumerable.Range(1, 1_700).Select(n => Line(n)), "{", Line(1_701)]));

        Assert.AreEqual((1_701L, 1_700L), (error.Line, error.Stored));
        Assert.HasCount(1_700, await ReadAsync());
    }

    [TestMethod]
    public async Task Events_of_the_program_are_numbered_by_their_place()
    {
        var first = new EventData("s", "T") { Id = "x" };
        await Store.StoreAsync(first);

        var error = await Assert.ThrowsExactlyAsync<ImportException>(
            () => Importer.ImportAsync(new[] { new EventData("s", "T"), new EventData("s", "Other") { Id = "x" } }.ToAsyncEnumerable()));

        Assert.AreEqual((2L, 1L), (error.Line, error.Stored));
    }

    [TestMethod]
    public async Task Cancelled_it_ends_and_what_was_stored_stays_whole()
    {
        using var cancel = new CancellationTokenSource();
        var progress = new Report(_ => cancel.Cancel());

        await Assert.ThrowsAsync<OperationCanceledException>(
            () => Importer.ImportAsync(Input(Enumerable.Range(1, 50_000).Select(n => Line(n))), null, progress, cancel.Token));

        Assert.HasCount(EventBatch.MaxEvents, await ReadAsync());
    }

    [TestMethod]
    public async Task A_duplicate_in_the_middle_of_a_batch_is_skipped_and_the_rest_keeps_its_order()
    {
        const int Count = EventBatch.MaxEvents;
        await ImportAsync([Line(7_000), Line(7_001)]);

        var result = await ImportAsync(Enumerable.Range(1, Count).Select(n => Line(n)));

        Assert.AreEqual(new ImportResult(Count - 2, 7, 2), result);
        CollectionAssert.AreEqual(
            (string[])["7000", "7001", .. Enumerable.Range(1, Count).Where(n => n is not (7_000 or 7_001)).Select(n => $"{n}")],
            (await ReadAsync()).Select(e => e.Id).ToArray());
    }

    [TestMethod]
    public async Task Equal_means_equal_as_JSONB()
    {
        await ImportAsync(["""{"id":"1","aggregate_id":"s1","event_type":"T","data":{"a":100,"b":null},"metadata":[1]}"""]);

        var again = await ImportAsync(["""{"id":"1","aggregate_id":"s1","event_type":"T","data":{ "b": null, "a": 1e2 },"metadata":[1]}"""]);
        var other = await Assert.ThrowsExactlyAsync<ImportException>(
            () => ImportAsync(["""{"id":"1","aggregate_id":"s1","event_type":"T","data":{"a":100,"b":null}}"""]));

        Assert.AreEqual(new ImportResult(0, 0, 1), again);
        Assert.AreEqual("The id '1' is already stored with other content.", other.Problem);
    }

    [TestMethod]
    public async Task Told_to_stop_it_stores_nothing_from_the_first_stored_id_on()
    {
        await ImportAsync([Line(7), Line(9)]);

        var error = await Assert.ThrowsExactlyAsync<ImportException>(
            () => Importer.ImportAsync(Input(Enumerable.Range(1, 10).Select(n => Line(n))), new ImportOptions { OnConflict = ImportConflict.Stop }));

        Assert.AreEqual(
            "Line 7: The id '7' is already stored. Everything before it is stored: 6 events. "
                + "Correct the input; then import only the rest, or everything, skipping what is stored.",
            error.Message);
        Assert.AreEqual((7L, 6L, 0L), (error.Line, error.Stored, error.Skipped));
        CollectionAssert.AreEqual((string[])["7", "9", "1", "2", "3", "4", "5", "6"], (await ReadAsync()).Select(e => e.Id).ToArray());
    }

    [TestMethod]
    public async Task Told_to_stop_it_takes_input_that_is_new()
    {
        var result = await Importer.ImportAsync(Input([Line(1), Line(2)]), new ImportOptions { OnConflict = ImportConflict.Stop });

        Assert.AreEqual(new ImportResult(2, 2, 0), result);
    }

    [TestMethod]
    public async Task An_event_only_the_server_refuses_is_named_by_its_line()
    {
        await using var connection = await RawSql.ConnectAsync(_database!.ConnectionString);
        await connection.RunAsync("""
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION USING ERRCODE = '22021', MESSAGE = 'character has no equivalent';
            END $$
            """);
        await connection.RunAsync("CREATE TRIGGER refuse BEFORE INSERT ON events FOR EACH ROW WHEN (NEW.id = '617') EXECUTE FUNCTION refuse()");

        var error = await Assert.ThrowsExactlyAsync<ImportException>(() => ImportAsync(Enumerable.Range(1, 2_000).Select(n => Line(n))));

        Assert.AreEqual((617L, 616L), (error.Line, error.Stored));
        Assert.AreEqual("The event must be one the server can store; character has no equivalent.", error.Problem);
        Assert.HasCount(616, await ReadAsync());
    }

    [TestMethod]
    public async Task An_exception_of_the_events_surfaces_when_all_before_it_is_stored()
    {
        var error = await Assert.ThrowsExactlyAsync<TimeoutException>(() => Importer.ImportAsync(Failing()));

        Assert.AreEqual("of the source", error.Message);
        Assert.HasCount(5, await ReadAsync());

        static async IAsyncEnumerable<EventData> Failing()
        {
            foreach (var given in Sample.Events("s", 5))
            {
                yield return given;
            }

            await Task.Yield();
            throw new TimeoutException("of the source");
        }
    }

    [TestMethod]
    public async Task Events_without_a_time_get_that_of_their_transaction_and_others_keep_theirs()
    {
        await ImportAsync([Line(1), Line(2), """{"id":"3","aggregate_id":"s3","event_type":"T","created_at":"2001-02-03T04:05:06.123456Z"}"""]);
        var stored = await ReadAsync();
        await using var connection = await RawSql.ConnectAsync(_database!.ConnectionString);

        Assert.AreEqual(stored[0].CreatedAt, stored[1].CreatedAt);
        Assert.IsTrue(await connection.ScalarAsync<bool>("SELECT created_at BETWEEN now() - interval '1 hour' AND now() FROM events WHERE id = '1'"));
        Assert.AreEqual(new DateTimeOffset(2001, 2, 3, 4, 5, 6, 123, 456, TimeSpan.Zero), stored[2].CreatedAt);
    }

    private static string Line(int n, string data = "{}") =>
        $$"""{"id":"{{n}}","aggregate_id":"s{{n % 7}}","event_type":"T","data":{{data}}}""";

    private static MemoryStream Input(IEnumerable<string> lines) => new(Encoding.UTF8.GetBytes(string.Join('\n', lines)));

    private Task<ImportResult> ImportAsync(IEnumerable<string> lines) => Importer.ImportAsync(Input(lines));

    private async Task<List<StoredEvent>> ReadAsync()
    {
        var events = new List<StoredEvent>();
        await foreach (var stored in Store.LoadAsync(EventVersion.Zero))
        {
            events.Add(stored);
        }

        return events;
    }

    private sealed class Report(Action<ImportProgress> report) : IProgress<ImportProgress>
    {
        void IProgress<ImportProgress>.Report(ImportProgress value) => report(value);
    }
}
