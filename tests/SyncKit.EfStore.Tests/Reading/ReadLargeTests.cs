using System.Diagnostics.Metrics;

namespace SyncKit.EfStore.Tests.Reading;

[TestClass]
public sealed class ReadLargeTests
{
    [TestMethod]
    public async Task Large_events_are_read_a_few_at_a_time()
    {
        const int count = 30;
        await using var database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        await using var store = new TestStore(database.ConnectionString);
        var text = "\"" + string.Concat(Enumerable.Repeat("0123456789abcdef", 65_536)) + "\"";
        foreach (var chunk in Enumerable.Range(0, count).Chunk(10))
        {
            await store.Events.StoreAsync([.. chunk.Select(_ => EventData.FromJson("large", "Tested", text))]);
        }

        // What is reachable while a read stands still, not what was allocated: all thirty would be 30 MB, a page is about five.
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var (seen, most) = (0, 0L);
        await foreach (var stored in store.Events.LoadAsync(EventVersion.Zero))
        {
            Assert.AreEqual(text.Length, stored.Data!.Utf8.Length);
            if (++seen % 6 == 1)
            {
                most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true) - before);
            }
        }

        Assert.AreEqual(count, seen);
        Assert.IsLessThan(20_000_000, most);
    }

    [TestMethod]
    public async Task Large_events_cross_the_wire_about_once()
    {
        const int count = 60;
        await using var database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        await using var writing = new TestStore(database.ConnectionString);
        var text = "\"" + string.Concat(Enumerable.Repeat("0123456789abcdef", 32_768)) + "\"";
        await writing.Events.StoreAsync([.. Enumerable.Range(0, count).Select(_ => EventData.FromJson("large", "Tested", text))]);
        await using var store = new TestStore(database.ConnectionString, options => options.BatchSize = 20);
        await store.Events.GetLatestVersionAsync();
        using var wire = new WireMeter(database.Name);

        Assert.AreEqual(count, await store.Events.LoadAsync(EventVersion.Zero).CountAsync());

        // The first page asks for twenty and keeps nine; from then on what is asked for fits.
        var events = wire.BytesRead() / (double)text.Length;
        Assert.IsGreaterThan(count - 1, events, "the meter counts nothing");
        Assert.IsLessThan(count * 1.5, events);
    }

    [TestMethod]
    public async Task Rows_over_our_limits_that_another_program_wrote_stay_readable()
    {
        await using var database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        await using var store = new TestStore(database.ConnectionString, options => options.MaxJsonBytes = 1024);
        await using var connection = await RawSql.ConnectAsync(database.ConnectionString);
        await connection.RunAsync("""
            INSERT INTO events (id, aggregate_id, event_type, data, created_at)
            VALUES (repeat('i', 2000), repeat('a', 2000), repeat('t', 2000), to_jsonb(repeat('d', 5000)), NULL), ('', '', '', NULL, NULL);
            INSERT INTO events (id, aggregate_id, event_type, data)
            VALUES ('deep', 'deep', 'T', (repeat('[', 3000) || repeat(']', 3000))::jsonb);
            """);
        var longStream = new string('a', 2_000);

        var all = await store.Events.LoadAsync(EventVersion.Zero).ToListAsync();
        var one = await store.Events.LoadByAggregateAsync(longStream).ToListAsync();
        var byType = await store.Events.ReadAsync(new EventQuery { EventTypes = [new string('t', 2_000)] }).ToListAsync();

        Assert.HasCount(3, all);
        Assert.AreEqual((longStream, 5_002), (one.Single().AggregateId, one.Single().Data!.Utf8.Length));
        Assert.IsNull(one.Single().CreatedAt);
        Assert.AreEqual(one.Single().Id, byType.Single().Id);
        Assert.AreEqual(("", "", ""), (all[1].Id, all[1].AggregateId, all[1].EventType));
        Assert.AreEqual(6_000, all[2].Data!.Utf8.Length);
    }

    [TestMethod]
    [DataRow("infinity")]
    [DataRow("-infinity")]
    [DataRow("10000-01-01Z")]
    [DataRow("0044-03-15Z BC")]
    public async Task A_time_no_date_of_dotnet_can_hold_does_not_stop_the_log(string createdAt)
    {
        await using var database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        await using var store = new TestStore(database.ConnectionString);
        await using var connection = await RawSql.ConnectAsync(database.ConnectionString);
        await connection.RunAsync($"INSERT INTO events (id, aggregate_id, event_type, created_at) VALUES ('odd', 'a', 'T', '{createdAt}')");
        await store.Events.StoreAsync(Sample.Event("a"));

        var read = await store.Events.LoadAsync(EventVersion.Zero).ToListAsync();

        Assert.HasCount(2, read);
        Assert.IsTrue(read[0].CreatedAt!.Value.Year is 1 or 9999);
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(3)]
    public async Task Events_appended_during_a_read_disturb_neither_its_order_nor_its_end(int batchSize)
    {
        await using var database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        await using var store = new TestStore(database.ConnectionString, options => options.BatchSize = batchSize);
        await store.Events.StoreAsync(Sample.Events("a", 10));

        var read = new List<StoredEvent>();
        await foreach (var stored in store.Events.LoadAsync(EventVersion.Zero))
        {
            read.Add(stored);
            await store.Events.StoreAsync(Sample.Event("b"));
        }

        CollectionAssert.AreEqual(Enumerable.Range(1, read.Count).Select(n => (long)n).ToArray(), read.Select(e => e.Version.Value).ToArray());
        Assert.IsGreaterThanOrEqualTo(10, read.Count);
        var rest = await store.Events.LoadAsync(read[^1].Version).ToListAsync();
        CollectionAssert.AreEqual(
            Enumerable.Range(1, 10 + read.Count).Select(n => (long)n).ToArray(), read.Concat(rest).Select(e => e.Version.Value).ToArray());
    }

    /// <summary>What Npgsql reads from the server for one database, by its own meter.</summary>
    private sealed class WireMeter : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly Dictionary<string, long> _read = [];
        private readonly long _before;

        internal WireMeter(string database)
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == "Npgsql" && instrument.Name.EndsWith("bytes_read", StringComparison.Ordinal))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<long>((_, bytes, tags, _) =>
            {
                foreach (var tag in tags)
                {
                    if (tag.Value is string pool && pool.Contains(database, StringComparison.Ordinal))
                    {
                        lock (_read)
                        {
                            _read[pool] = _read.GetValueOrDefault(pool) + bytes;
                        }
                    }
                }
            });
            _listener.Start();
            _before = BytesRead();
        }

        internal long BytesRead()
        {
            _listener.RecordObservableInstruments();
            lock (_read)
            {
                return _read.Values.Sum() - _before;
            }
        }

        public void Dispose() => _listener.Dispose();
    }
}
