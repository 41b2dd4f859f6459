using System.Collections.Concurrent;
using Npgsql;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Appending;

/// <summary>Whatever breaks under an append, its event is stored once, or not at all and the call says so.</summary>
[TestClass]
public sealed class AppendRetryTests
{
    private PostgresDatabase _database = null!;

    [TestInitialize]
    public async Task Open() => _database = await (await TestServer.GetAsync()).CreateDatabaseAsync();

    [TestCleanup]
    public async Task Close() => await _database.DisposeAsync();

    [TestMethod]
    [DataRow(1)]
    [DataRow(3)]
    public async Task A_connection_that_breaks_before_its_COMMIT_is_answered_stores_once(int events)
    {
        await using var proxy = new TcpProxy(_database.ConnectionString);
        await using var store = new TestStore(proxy.ConnectionString);
        await using var watcher = await RawSql.ConnectAsync(_database.ConnectionString);
        await store.Events.StoreAsync(Sample.Event("first"));
        var given = Sample.Events("stream", events);

        // Of several events the answers to the look at the streams are let through; what is held then is the answer to the COMMIT.
        var held = proxy.HoldAnswers();
        var append = store.Events.StoreAsync(given);
        await held;
        while (await watcher.ScalarAsync<long>("SELECT count(*) FROM events") < events + 1)
        {
            proxy.ReleaseAnswers();
            held = proxy.HoldAnswers();
            await Task.WhenAny(held, Task.Delay(TimeSpan.FromMilliseconds(20)));
        }

        proxy.Cut();
        proxy.ReleaseAnswers();
        var result = await append;

        Assert.IsFalse(result.AlreadyStored);
        CollectionAssert.AreEqual(
            await watcher.ColumnAsync<long>("SELECT version FROM events WHERE aggregate_id = 'stream' ORDER BY version"),
            result.Events.Select(e => e.Version.Value).ToList());
        Assert.HasCount(events, result.Events);
    }

    [TestMethod]
    public async Task A_server_that_restarts_under_appends_stores_each_once()
    {
        await using var server = await TestServer.StartOwnAsync();
        await using var database = await server.CreateDatabaseAsync();
        await using var store = new TestStore(database.ConnectionString);
        using var enough = new CancellationTokenSource();
        var callers = Enumerable.Range(0, 16).Select(caller => CallAsync(store.Events, $"stream-{caller}", new Outcomes(), enough.Token)).ToArray();
        await Task.WhenAny(Task.WhenAll(callers), UntilAsync(database, 200));

        await server.StopAsync();
        await server.StartAgainAsync();
        await using var watcher = await RawSql.ConnectAsync(database.ConnectionString);
        var before = await watcher.ScalarAsync<long>("SELECT count(*) FROM events");
        await UntilAsync(database, before + 200);
        await enough.CancelAsync();

        var outcomes = await Task.WhenAll(callers);
        await AssertExactAsync(store, watcher, outcomes);
    }

    [TestMethod]
    [Timeout(240_000)]
    public async Task Sixty_four_callers_lose_and_double_nothing_while_backends_are_killed_two_hundred_times()
    {
        await using var proxy = new TcpProxy(_database.ConnectionString);
        await using var direct = new TestStore(_database.ConnectionString);
        await using var store = new TestStore(proxy.ConnectionString);
        await using var killer = await RawSql.ConnectAsync(_database.ConnectionString);
        await store.Events.StoreAsync(Sample.Event("first"));
        using var enough = new CancellationTokenSource();
        var callers = Enumerable.Range(0, 64)
            .Select(caller => CallAsync(store.Events, $"stream-{caller % 40}", new Outcomes(), enough.Token)).ToArray();

        var random = new Random(20_261_123);
        var kills = 0;
        while (kills < 200)
        {
            if (kills % 10 == 9)
            {
                // Whatever is committed in this moment is committed without its caller hearing of it.
                var held = proxy.HoldAnswers();
                await Task.WhenAny(held, Task.Delay(TimeSpan.FromSeconds(5)));
                proxy.Cut();
                proxy.ReleaseAnswers();
                kills++;
            }
            else
            {
                kills += (int)await killer.ScalarAsync<long>(
                    """
                    SELECT count(*) FROM (
                        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                        WHERE datname = current_database() AND application_name = 'SyncKit.EfStore' AND state <> 'idle'
                        ORDER BY random() LIMIT 1) AS killed
                    """);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(1, 12)));
        }

        await enough.CancelAsync();
        var outcomes = await Task.WhenAll(callers);

        Assert.IsGreaterThan(500, outcomes.Sum(outcome => outcome.Stored.Count));
        await AssertExactAsync(direct, killer, outcomes);
    }

    /// <summary>Appends one event after another; a call that fails is repeated with the same id until it succeeds.</summary>
    private static async Task<Outcomes> CallAsync(IEventStore store, string stream, Outcomes outcomes, CancellationToken enough)
    {
        await Task.Yield();
        while (!enough.IsCancellationRequested)
        {
            var given = Sample.Event(stream);
            for (var isStored = false; !isStored;)
            {
                try
                {
                    var result = await store.StoreAsync(given, CancellationToken.None);
                    Assert.IsTrue(outcomes.Stored.TryAdd(given.Id, result.Events[0]));
                    isStored = true;
                }
                catch (EventStoreUnavailableException)
                {
                    outcomes.Failures++;
                }
            }
        }

        return outcomes;
    }

    private static async Task UntilAsync(PostgresDatabase database, long events)
    {
        await using var watcher = await RawSql.ConnectAsync(database.ConnectionString);
        while (await watcher.ScalarAsync<long>("SELECT count(*) FROM events") < events)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10));
        }
    }

    /// <summary>Every call that succeeded is stored once, where it was said to be; nothing else is there; no stream has a gap.</summary>
    private static async Task AssertExactAsync(TestStore store, NpgsqlConnection watcher, Outcomes[] outcomes)
    {
        var told = outcomes.SelectMany(outcome => outcome.Stored.Values).OrderBy(appended => appended.Version.Value).ToList();
        var stored = await store.Events.LoadAsync(default).Where(e => e.AggregateId != "first").ToListAsync();
        CollectionAssert.AreEqual(
            told.Select(appended => (appended.Version, appended.StreamVersion, appended.Id)).ToList(),
            stored.Select(e => (e.Version, e.StreamVersion, e.Id)).ToList());
        Assert.AreEqual(0, await watcher.ScalarAsync<long>(
            """
            SELECT count(*) FROM (
                SELECT stream_version, row_number() OVER (PARTITION BY aggregate_id ORDER BY version) AS place FROM events) AS e
            WHERE stream_version <> place
            """));
    }

    private sealed class Outcomes
    {
        internal ConcurrentDictionary<string, AppendedEvent> Stored { get; } = new();

        internal int Failures { get; set; }
    }
}
