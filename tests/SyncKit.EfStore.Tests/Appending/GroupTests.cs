using Microsoft.Extensions.DependencyInjection;
using SyncKit.EfStore.Appending;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Appending;

/// <summary>In a group of 256 every append gets its own answer: whoever cannot be stored fails alone.</summary>
[TestClass]
public sealed class GroupTests : IAsyncDisposable
{
    private const int Size = 256;
    private const int Place = 100;

    private PostgresDatabase _database = null!;
    private TestStore _store = null!;
    private PendingAppend[] _group = null!;

    [TestInitialize]
    public async Task Open()
    {
        _database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        _store = new TestStore(_database.ConnectionString);
        _group = [.. Enumerable.Range(0, Size).Select(n => Append(ExpectedVersion.NoStream, Sample.Event($"stream-{n}")))];
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        await _database.DisposeAsync();
    }

    [TestMethod]
    public async Task A_group_is_one_transaction()
    {
        await RunAsync();

        await using var connection = await RawSql.ConnectAsync(_database.ConnectionString);
        Assert.AreEqual(1, await connection.ScalarAsync<long>("SELECT count(DISTINCT xmin::text) FROM events"));
        Assert.AreEqual(Size, await connection.ScalarAsync<long>("SELECT count(*) FROM events"));
        CollectionAssert.AreEqual(
            _group.Select(append => append.Answer.Result.Version).Order().ToArray(),
            _group.Select(append => append.Answer.Result.Version).ToArray(),
            "versions are not in the order of the calls");
    }

    [TestMethod]
    public async Task A_conflict_fails_alone()
    {
        _group[Place] = Append(ExpectedVersion.Exactly(7), Sample.Event("stream-100"));

        await RunAsync();

        var conflict = await Assert.ThrowsExactlyAsync<WrongExpectedVersionException>(() => _group[Place].Answer);
        Assert.AreEqual(("stream-100", 0L), (conflict.AggregateId, conflict.Actual));
        await AssertOthersAreStoredAsync();
    }

    [TestMethod]
    public async Task A_duplicate_with_other_content_fails_alone()
    {
        await _store.Events.StoreAsync(new EventData("elsewhere", "Other") { Id = _group[Place].Request.Events[0].Id });

        await RunAsync();

        var duplicate = await Assert.ThrowsExactlyAsync<DuplicateEventException>(() => _group[Place].Answer);
        CollectionAssert.AreEqual((string[])[_group[Place].Request.Events[0].Id], duplicate.ConflictingIds.ToArray());
        await AssertOthersAreStoredAsync();
    }

    [TestMethod]
    public async Task A_part_that_is_stored_already_fails_alone()
    {
        var events = Sample.Events("stream-100", 3);
        await _store.Events.StoreAsync(events[1]);
        _group[Place] = Append(ExpectedVersion.Any, events);

        await RunAsync();

        var duplicate = await Assert.ThrowsExactlyAsync<DuplicateEventException>(() => _group[Place].Answer);
        CollectionAssert.AreEqual((string[])[events[1].Id], duplicate.StoredIds.ToArray());
        await AssertOthersAreStoredAsync();
    }

    [TestMethod]
    public async Task What_is_stored_already_gets_its_first_result()
    {
        var first = await _store.Events.StoreAsync(_group[Place].Request.Events);

        await RunAsync();

        var again = await _group[Place].Answer;
        Assert.IsTrue(again.AlreadyStored);
        Assert.AreEqual(first.Version, again.Version);
        await AssertOthersAreStoredAsync();
    }

    [TestMethod]
    public async Task The_same_append_twice_in_a_group_is_stored_once()
    {
        _group[Place + 50] = Append(ExpectedVersion.NoStream, [.. _group[Place].Request.Events]);

        await RunAsync();

        Assert.IsFalse((await _group[Place].Answer).AlreadyStored);
        Assert.IsTrue((await _group[Place + 50].Answer).AlreadyStored);
        Assert.HasCount(1, await _store.StreamAsync("stream-100"));
    }

    [TestMethod]
    [DataRow("ALTER TABLE events ADD CONSTRAINT no_poison CHECK (event_type <> 'Poison')", DisplayName = "refused by a constraint")]
    [DataRow(
        """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'poison'; END $$;
        CREATE TRIGGER refuse BEFORE INSERT ON events FOR EACH ROW WHEN (NEW.event_type = 'Poison') EXECUTE FUNCTION refuse()
        """,
        DisplayName = "refused by a trigger")]
    [DataRow("CREATE UNIQUE INDEX one_poison ON events ((1)) WHERE event_type = 'Poison'", DisplayName = "refused by an index of the application")]
    [DataRow("CREATE INDEX too_large ON events ((data->>'note'))", DisplayName = "too large for an index")]
    public async Task What_the_server_refuses_fails_alone(string rule)
    {
        await using var connection = await RawSql.ConnectAsync(_database.ConnectionString);
        await connection.RunAsync(rule);
        await connection.RunAsync("INSERT INTO events (id, aggregate_id, event_type) SELECT 'first', 'first', 'Poison' WHERE $1", rule.Contains("UNIQUE"));
        var note = string.Concat(Enumerable.Range(0, 2_000).Select(n => new Random(n).Next().ToString("x8")));
        _group[Place] = Append(ExpectedVersion.NoStream, EventData.FromJson("stream-100", "Poison", $$"""{ "note": "{{note}}" }"""));

        await RunAsync();

        await Assert.ThrowsAsync<EventStoreException>(() => _group[Place].Answer);
        await AssertOthersAreStoredAsync();
    }

    [TestMethod]
    public async Task Several_that_fail_each_in_its_own_way_leave_the_others_alone()
    {
        await using var connection = await RawSql.ConnectAsync(_database.ConnectionString);
        await connection.RunAsync("ALTER TABLE events ADD CONSTRAINT no_poison CHECK (event_type <> 'Poison')");
        int[] poisoned = [0, 17, 18, 200, 255];
        foreach (var place in poisoned)
        {
            _group[place] = Append(ExpectedVersion.Any, Sample.Event($"stream-{place}", eventType: "Poison"));
        }

        _group[100] = Append(ExpectedVersion.StreamExists, Sample.Event("stream-100"));

        await RunAsync();

        foreach (var place in poisoned)
        {
            await Assert.ThrowsAsync<EventStoreException>(() => _group[place].Answer);
        }

        await Assert.ThrowsExactlyAsync<WrongExpectedVersionException>(() => _group[100].Answer);
        Assert.AreEqual(Size - poisoned.Length - 1, _group.Count(append => append.Answer.IsCompletedSuccessfully));
    }

    [TestMethod]
    public async Task A_poisoned_stream_keeps_the_order_of_its_calls()
    {
        await using var connection = await RawSql.ConnectAsync(_database.ConnectionString);
        await connection.RunAsync("ALTER TABLE events ADD CONSTRAINT no_poison CHECK (event_type <> 'Poison')");
        _group = [.. Enumerable.Range(0, 64).Select(n => Append(ExpectedVersion.Any, Sample.Event("one", n, n == 20 ? "Poison" : "Tested")))];

        await RunAsync();

        await Assert.ThrowsAsync<EventStoreException>(() => _group[20].Answer);
        CollectionAssert.AreEqual(
            Enumerable.Range(0, 64).Where(n => n != 20).ToArray(),
            (await _store.StreamAsync("one")).Select(e => e.Data!.ToDocument().RootElement.GetProperty("number").GetInt32()).ToArray());
    }

    [TestMethod]
    public async Task Who_was_cancelled_before_is_left_out()
    {
        _group[Place].Cancel(new CancellationToken(canceled: true));

        await RunAsync();

        Assert.IsTrue(_group[Place].Answer.IsCanceled);
        Assert.IsEmpty(await _store.StreamAsync("stream-100"));
        await AssertOthersAreStoredAsync();
    }

    [TestMethod]
    public async Task A_stream_that_somebody_holds_comes_back_and_nobody_waits_for_it()
    {
        await using var holder = await RawSql.ConnectAsync(_database.ConnectionString);
        await holder.RunAsync("BEGIN");
        await holder.RunAsync("SELECT pg_advisory_xact_lock(hashtextextended('stream-100', 'events'::regclass::oid::bigint))");

        var held = await Appender.RunAsync(_group, patient: false);

        Assert.AreSame(_group[Place], held.Single());
        await AssertOthersAreStoredAsync();
    }

    [TestMethod]
    public async Task An_id_that_an_open_transaction_holds_comes_back_and_nobody_waits_for_it()
    {
        await using var holder = await RawSql.ConnectAsync(_database.ConnectionString);
        await holder.RunAsync("BEGIN");
        await holder.RunAsync(
            "INSERT INTO events (id, aggregate_id, event_type, stream_version) VALUES ($1, 'elsewhere', 'Held', 1)", _group[Place].Request.Events[0].Id);

        var held = await Appender.RunAsync(_group, patient: false);

        Assert.AreSame(_group[Place], held.Single());
        await AssertOthersAreStoredAsync();
    }

    private Appender Appender => _store.Services.GetRequiredService<Appender>();

    private static PendingAppend Append(ExpectedVersion expected, params EventData[] events) =>
        new(AppendRequest.OfStreams([new StreamAppend(expected, events)], EventLimits.DefaultMaxJsonBytes));

    private async Task RunAsync()
    {
        var held = await Appender.RunAsync(_group, patient: false);

        Assert.IsEmpty(held);
        Assert.IsTrue(Array.TrueForAll(_group, append => append.Answer.IsCompleted), "somebody was not answered");
    }

    private async Task AssertOthersAreStoredAsync()
    {
        await using var connection = await RawSql.ConnectAsync(_database.ConnectionString);
        foreach (var append in _group.Where((_, place) => place != Place))
        {
            var result = await append.Answer;
            Assert.AreEqual(1, result.StreamVersion);
            Assert.AreEqual(
                result.Version.Value, await connection.ScalarAsync<long>("SELECT version FROM events WHERE id = $1", result.Events[0].Id));
        }
    }
}
