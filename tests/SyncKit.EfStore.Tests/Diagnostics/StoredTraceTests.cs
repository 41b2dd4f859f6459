using System.Diagnostics;
using SyncKit.EfStore.Testing;
using SyncKit.EfStore.Tests.Appending.DbContexts;

namespace SyncKit.EfStore.Tests.Diagnostics;

/// <summary>The trace of an append in the log, on every road that leads there. Nobody listens here: the caller's own activity is enough.</summary>
[TestClass]
public sealed class StoredTraceTests
{
    private static PostgresDatabase _database = null!;
    private static TestStore _store = null!;

    [ClassInitialize]
    public static async Task Open(TestContext context)
    {
        _database = await (await TestServer.GetAsync()).CreateDatabaseAsync(context.CancellationToken);
        _store = new TestStore(_database.ConnectionString);
    }

    [ClassCleanup]
    public static async Task Close()
    {
        await _store.DisposeAsync();
        await _database.DisposeAsync();
    }

    [TestMethod]
    public async Task Without_an_activity_the_bytes_are_the_callers()
    {
        Assert.IsNull(Activity.Current);
        var stream = Sample.Stream();

        await _store.Events.StoreAsync([Sample.Event(stream), With(stream, """{"a": 1}""")]);

        CollectionAssert.AreEqual((string?[])[null, """{"a": 1}"""], (await MetadataAsync(_store, stream)));
    }

    [TestMethod]
    public async Task One_event_a_batch_several_streams_and_a_group_keep_it()
    {
        string[] streams = [.. Enumerable.Range(0, 20).Select(_ => Sample.Stream())];
        using var caller = Start();
        await _store.Events.StoreAsync(Sample.Event(streams[0]));
        await _store.Events.AppendAsync(Sample.Events(streams[0], 2), ExpectedVersion.Exactly(1));
        await _store.Events.AppendAsync(
            [new StreamAppend(ExpectedVersion.NoStream, Sample.Event(streams[1])), new StreamAppend(ExpectedVersion.NoStream, Sample.Event(streams[2]))]);
        await Task.WhenAll(streams.Skip(3).Select(stream => _store.Events.StoreAsync(Sample.Event(stream))));

        foreach (var stream in streams)
        {
            foreach (var metadata in await MetadataAsync(_store, stream))
            {
                Assert.Contains($"\"traceparent\": \"{caller.Id}\"", metadata!);
                Assert.Contains($"\"correlation_id\": \"{caller.TraceId}\"", metadata!);
                Assert.Contains($"\"causation_id\": \"{caller.SpanId}\"", metadata!);
            }
        }
    }

    [TestMethod]
    public async Task The_callers_keys_win_in_the_log()
    {
        var stream = Sample.Stream();
        using var caller = Start();

        await _store.Events.StoreAsync([With(stream, """{"correlation_id": "mine", "x": 1e2}"""), With(stream, "null"), With(stream, "[1]")]);

        var stored = await MetadataAsync(_store, stream);
        Assert.Contains("\"correlation_id\": \"mine\"", stored[0]!);
        Assert.Contains("\"x\": 100", stored[0]!);
        Assert.Contains(caller.Id!, stored[0]!);
        CollectionAssert.AreEqual((string[])["null", "[1]"], stored[1..]);
    }

    [TestMethod]
    [DataRow(null)]
    [DataRow("{}")]
    [DataRow("""{"by": "me"}""")]
    [DataRow("null")]
    [DataRow("""{"correlation_id": "mine"}""")]
    public async Task The_same_events_under_another_trace_or_none_give_the_first_result(string? metadata)
    {
        var stream = Sample.Stream();
        EventData[] given = [With(stream, metadata), With(stream, metadata)];
        AppendResult first;
        using (Start())
        {
            first = await _store.Events.AppendAsync(given, ExpectedVersion.NoStream);
        }

        var untraced = await _store.Events.AppendAsync(given, ExpectedVersion.NoStream);
        using var other = Start();
        var traced = await _store.Events.AppendAsync([given[0]], ExpectedVersion.NoStream);

        Assert.IsTrue(untraced.AlreadyStored);
        Assert.IsTrue(traced.AlreadyStored);
        CollectionAssert.AreEqual(first.Events.ToArray(), untraced.Events.ToArray());
        Assert.AreEqual(first.Events[0], traced.Events[0]);
        Assert.DoesNotContain(other.Id!, string.Concat(await MetadataAsync(_store, stream)));
    }

    [TestMethod]
    public async Task Other_metadata_is_other_content_under_a_trace_too()
    {
        var given = With(Sample.Stream(), """{"by": "me"}""");
        using var caller = Start();
        await _store.Events.StoreAsync(given);
        var other = new EventData(given.AggregateId, given.EventType, given.Data) { Id = given.Id, Metadata = EventJson.Parse("""{"by": "you"}""") };

        await Assert.ThrowsExactlyAsync<DuplicateEventException>(() => _store.Events.StoreAsync(other));
    }

    [TestMethod]
    public async Task Switched_off_nothing_is_added()
    {
        await using var store = new TestStore(_database.ConnectionString, options => options.TraceInMetadata = false);
        var stream = Sample.Stream();
        using var caller = Start();

        await store.Events.StoreAsync(Sample.Event(stream));

        CollectionAssert.AreEqual((string?[])[null], await MetadataAsync(store, stream));
    }

    [TestMethod]
    public async Task A_header_that_no_log_can_hold_does_not_make_the_append_fail()
    {
        var stream = Sample.Stream();
        using var caller = Start();
        caller.SetBaggage("correlation_id", "\0\uD800").SetBaggage("causation_id", "\"}{\\");
        caller.TraceStateString = "\u0000";

        await _store.Events.StoreAsync(Sample.Event(stream));

        Assert.Contains("\"causation_id\": \"\\\"}{\\\\\"", (await MetadataAsync(_store, stream))[0]!);
    }

    [TestMethod]
    public async Task Saved_by_a_context_it_is_kept_once_and_a_save_that_is_repeated_keeps_the_first()
    {
        await using var shop = await Shop.OpenAsync();
        var (stream, full) = (Sample.Stream(), Sample.Stream());
        await shop.Store.Events.StoreAsync(Sample.Event(full));
        await using var db = shop.CreateContext();
        db.AppendEvents([With(stream, """{"by": "me"}"""), Sample.Event(stream)]);
        var inTheWay = db.AppendEvents([Sample.Event(full)], ExpectedVersion.NoStream)[0];
        string first;
        using (var caller = Start())
        {
            first = caller.Id!;
            await Assert.ThrowsExactlyAsync<WrongExpectedVersionException>(() => db.SaveChangesAsync());
            Assert.AreSame(caller, Activity.Current);
        }

        db.Entry(inTheWay).State = Microsoft.EntityFrameworkCore.EntityState.Detached;
        using var second = Start();
        db.SaveChanges();

        Assert.AreSame(second, Activity.Current);
        var stored = await MetadataAsync(shop.Store, stream);
        Assert.Contains("\"by\": \"me\"", stored[0]!);
        foreach (var metadata in stored)
        {
            Assert.Contains($"\"traceparent\": \"{first}\"", metadata!);
            Assert.DoesNotContain(second.Id!, metadata!);
        }
    }

    private static Activity Start() => new Activity("caller").SetIdFormat(ActivityIdFormat.W3C).Start();

    private static EventData With(string stream, string? metadata) => EventData.FromJson(stream, "Tested", "{}", metadata);

    private static async Task<string?[]> MetadataAsync(TestStore store, string stream) =>
        [.. (await store.StreamAsync(stream)).Select(stored => stored.Metadata?.ToString())];
}
