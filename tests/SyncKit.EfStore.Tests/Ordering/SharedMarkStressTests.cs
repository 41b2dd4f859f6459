using System.Diagnostics;
using System.Globalization;
using Npgsql;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Ordering;

/// <summary>
/// Eight writers do everything that makes versions appear late or never, while readers of three kinds share one mark and another process has its own.
/// Each reader must get every committed event once, in order.
/// </summary>
[TestClass]
public sealed class SharedMarkStressTests : IAsyncDisposable
{
    private const int Writers = 8;
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(6);

    private PostgresDatabase _database = null!;

    [TestInitialize]
    public async Task Open() => _database = await (await TestServer.GetAsync()).CreateDatabaseAsync();

    public async ValueTask DisposeAsync() => await _database.DisposeAsync();

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    public async Task Every_reader_gets_every_event_once_and_in_order(int seed)
    {
        await using var one = new SettledStore(_database.ConnectionString);
        await using var another = new SettledStore(_database.ConnectionString);
        await using var unrelated = await RawSql.ConnectAsync(_database.ConnectionString);
        await unrelated.RunAsync("CREATE TABLE other (id BIGSERIAL)");
        await unrelated.RunAsync("BEGIN ISOLATION LEVEL REPEATABLE READ; INSERT INTO other DEFAULT VALUES; SELECT count(*) FROM events");
        using var written = new CancellationTokenSource();

        var readers = new List<Task<List<long>>>();
        foreach (var store in new[] { one, another })
        {
            readers.Add(Task.Run(() => ByLoadAsync(store, written.Token)));
            readers.Add(Task.Run(() => ByLatestAsync(store, written.Token)));
            readers.Add(Task.Run(() => ByWaitAsync(store, written.Token)));
        }

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(() => WriteAsync(one, writer, seed))));
        await written.CancelAsync();
        var read = await Task.WhenAll(readers).WaitAsync(TimeSpan.FromSeconds(60));

        await using var connection = await RawSql.ConnectAsync(_database.ConnectionString);
        var committed = await connection.ColumnAsync<long>("SELECT version FROM events ORDER BY version");
        Assert.IsGreaterThan(200, committed.Count);
        Assert.IsGreaterThan(committed.Count, (int)committed[^1], "versions have gaps");
        foreach (var versions in read)
        {
            CollectionAssert.AreEqual(committed, versions);
        }
    }

    /// <summary>Keeps the last version read as its cursor.</summary>
    private static async Task<List<long>> ByLoadAsync(SettledStore store, CancellationToken written)
    {
        var read = new List<long>();
        for (var isLast = false; ;)
        {
            await foreach (var stored in store.Events.LoadAsync(new EventVersion(read.LastOrDefault()), CancellationToken.None))
            {
                read.Add(stored.Version.Value);
            }

            if (isLast)
            {
                return read;
            }

            isLast = written.IsCancellationRequested;
        }
    }

    /// <summary>Keeps the latest version as its cursor, as a sync client does, and reads what lies between.</summary>
    private static async Task<List<long>> ByLatestAsync(SettledStore store, CancellationToken written)
    {
        var (read, cursor) = (new List<long>(), EventVersion.Zero);
        for (var isLast = false; ;)
        {
            var latest = await store.Events.GetLatestVersionAsync(CancellationToken.None);
            await ReadBetweenAsync(store, read, cursor, latest);
            cursor = latest;
            if (isLast)
            {
                return read;
            }

            isLast = written.IsCancellationRequested;
        }
    }

    /// <summary>Waits for the mark to move, as a subscription does.</summary>
    private static async Task<List<long>> ByWaitAsync(SettledStore store, CancellationToken written)
    {
        var (read, cursor) = (new List<long>(), 0L);
        try
        {
            while (true)
            {
                var mark = await store.Mark.WaitBeyondAsync(cursor, written);
                await ReadBetweenAsync(store, read, new EventVersion(cursor), new EventVersion(mark));
                cursor = mark;
            }
        }
        catch (OperationCanceledException)
        {
            var mark = await store.Mark.AdvanceAsync(default);
            await ReadBetweenAsync(store, read, new EventVersion(cursor), new EventVersion(mark));
            return read;
        }
    }

    private static async Task ReadBetweenAsync(SettledStore store, List<long> read, EventVersion after, EventVersion upTo)
    {
        var query = new EventQuery { After = after, Before = new EventVersion(upTo.Value + 1), IncludeUnsettled = true };
        await foreach (var stored in store.Events.ReadAsync(query))
        {
            read.Add(stored.Version.Value);
        }
    }

    private async Task WriteAsync(SettledStore store, int writer, int seed)
    {
        var random = new Random((seed * 1_000) + writer);
        var connection = await RawSql.ConnectAsync(_database.ConnectionString);
        var running = Stopwatch.StartNew();
        try
        {
            for (var n = 0; running.Elapsed < Length; n++)
            {
                var id = string.Create(CultureInfo.InvariantCulture, $"w{writer}-{n}");
                if (random.Next(4) == 0)
                {
                    await store.Events.StoreAsync(Sample.Events(id, random.Next(1, 4)));
                    continue;
                }

                try
                {
                    await TransactAsync(connection, id, random);
                }
                catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.AdminShutdown)
                {
                    await connection.DisposeAsync();
                    connection = await RawSql.ConnectAsync(_database.ConnectionString);
                }
            }
        }
        finally
        {
            await connection.DisposeAsync();
        }
    }

    /// <summary>One transaction that draws, dawdles, and ends one way or another.</summary>
    private static async Task TransactAsync(NpgsqlConnection connection, string id, Random random)
    {
        await connection.RunAsync("BEGIN");
        var first = random.Next(4) == 0 ? await connection.ScalarAsync<long>("SELECT nextval('events_version_seq')") : 0;
        if (random.Next(4) == 0)
        {
            await connection.RunAsync("SAVEPOINT here");
            await InsertAsync("gone");
            await connection.RunAsync("ROLLBACK TO SAVEPOINT here");
        }

        await connection.RunAsync("SELECT pg_sleep($1)", random.NextDouble() * 0.02);
        if (random.Next(4) == 0)
        {
            await connection.RunAsync(
                "INSERT INTO events (id, aggregate_id, event_type) SELECT $1 || n, $1, 'T' FROM generate_series(1, 5) AS n ON CONFLICT DO NOTHING", id);
            await connection.RunAsync("INSERT INTO events (id, aggregate_id, event_type) VALUES ($1 || 1, 'again', 'T') ON CONFLICT DO NOTHING", id);
        }
        else
        {
            await InsertAsync("kept");
        }

        await connection.RunAsync("SELECT pg_sleep($1)", random.NextDouble() * 0.02);
        if (first > 0)
        {
            await connection.RunAsync(
                "INSERT INTO events (version, id, aggregate_id, event_type, stream_version) VALUES ($1, $2, $2, 'T', 1)", first, id + "-drawn first");
        }

        var end = random.Next(12);
        await connection.RunAsync(end switch
        {
            0 => "SELECT pg_terminate_backend(pg_backend_pid())",
            < 4 => "ROLLBACK",
            _ => "COMMIT",
        });

        Task<int> InsertAsync(string what) => connection.RunAsync(
            "INSERT INTO events (id, aggregate_id, event_type) VALUES ($1, $2, 'T')", $"{id}-{what}", id);
    }
}
