using System.Globalization;
using NpgsqlTypes;

namespace SyncKit.EfStore.Tests.Notifications;

/// <summary>Whoever writes, and however: each observer sees each of its events once, in the order of the stream.</summary>
[TestClass]
public sealed class ObserveTests
{
    [TestMethod]
    [DataRow(16, DisplayName = "a channel for each stream")]
    [DataRow(0, DisplayName = "one channel for all")]
    public async Task A_stream_of_any_name_is_observed(int maxStreamChannels)
    {
        await using var host = await ListeningHost.StartAsync(options => options.MaxStreamChannels = maxStreamChannels);
        string[] streams =
        [
            "a b  c", "UPPER", "upper", "'single'", "\"double\"", "; DROP TABLE events; --", "\\", "%_", new('x', 56), new('x', 57), new('x', 1_000),
            new('é', 28), new string('x', 55) + "é", string.Concat(Enumerable.Repeat("😀", 250)), new('"', 1_000), "{\"version\": 1}",
        ];
        var observers = streams.Select(host.ObserveStream).ToList();
        await host.AllInPlaceAsync();

        foreach (var stream in streams)
        {
            await host.AppendAsync(stream);
            await host.InsertAsync(stream);
            await host.AppendAsync(stream);
        }

        foreach (var (observer, stream) in observers.Zip(streams))
        {
            await observer.WaitForCountAsync(3);
            var stored = await host.Store.LoadByAggregateAsync(stream).ToListAsync();
            Assert.IsEmpty(observer.Violations);
            CollectionAssert.AreEqual(
                stored.Select(e => new EventNotification(e.Version, e.StreamVersion, e.Id, e.AggregateId, e.EventType, e.CreatedAt)).ToList(),
                observer.Items.ToList());
        }
    }

    [TestMethod]
    public async Task Every_kind_of_writer_is_observed()
    {
        await using var host = await ListeningHost.StartAsync();
        await using var connection = await host.ConnectAsync();
        var all = host.ObserveAll();
        var one = host.ObserveStream("copied");
        var type = new Collector<EventNotification>();
        host.Store.ObserveEventType("Copied").Subscribe(type);

        await host.Store.AppendAsync(Sample.Events("appended", 3), ExpectedVersion.NoStream);
        await host.Store.AppendAsync([new StreamAppend(ExpectedVersion.Any, Sample.Events("x", 2)), new StreamAppend(ExpectedVersion.Any, Sample.Events("y", 2))]);
        await connection.InsertAsync("psql");
        await connection.RunAsync(
            "INSERT INTO events (id, aggregate_id, event_type, created_at) SELECT 'rows-' || i, 'rows', 'Rows', NULL FROM generate_series(1, 50) AS i");
        await using (var copy = await connection.BeginBinaryImportAsync("COPY events (id, aggregate_id, event_type) FROM STDIN (FORMAT BINARY)"))
        {
            for (var number = 0; number < 200; number++)
            {
                await copy.StartRowAsync();
                await copy.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"copied-{number}"), NpgsqlDbType.Text);
                await copy.WriteAsync("copied", NpgsqlDbType.Text);
                await copy.WriteAsync(number % 2 == 0 ? "Copied" : "Other", NpgsqlDbType.Text);
            }

            await copy.CompleteAsync();
        }

        await host.MarkAsync(all);
        all.AssertExactly(await connection.ColumnAsync<string>("SELECT id FROM events"));
        await one.WaitForCountAsync(200);
        one.AssertExactly(await connection.ColumnAsync<string>("SELECT id FROM events WHERE aggregate_id = 'copied'"));
        await type.WaitForCountAsync(100);
        type.AssertExactly(await connection.ColumnAsync<string>("SELECT id FROM events WHERE event_type = 'Copied'"));
    }

    [TestMethod]
    [DataRow(true, DisplayName = "one channel for all")]
    [DataRow(false, DisplayName = "a channel for each stream")]
    public async Task A_statement_of_20_000_rows_is_observed_event_by_event(bool global)
    {
        await using var host = await ListeningHost.StartAsync();
        await using var connection = await host.ConnectAsync();
        var one = host.ObserveStream("bulk-3");
        var all = global ? host.ObserveAll() : null;
        await host.AllInPlaceAsync();

        await connection.RunAsync(
            """
            INSERT INTO events (id, aggregate_id, event_type, stream_version)
            SELECT 'bulk-' || i, 'bulk-' || (i % 7), 'Bulk', 1 + i / 7 FROM generate_series(0, 19999) AS i
            """);

        await host.AppendAsync("bulk-3");
        await one.WaitForCountAsync(2_858);
        one.AssertExactly(await connection.ColumnAsync<string>("SELECT id FROM events WHERE aggregate_id = 'bulk-3'"));
        if (all is not null)
        {
            await all.WaitForCountAsync(20_001);
            all.AssertExactly(await connection.ColumnAsync<string>("SELECT id FROM events"));
        }
    }

    [TestMethod]
    public async Task Events_whose_payload_does_not_fit_are_observed_in_order()
    {
        await using var host = await ListeningHost.StartAsync();
        var all = host.ObserveAll();
        var stream = new string('"', 1_000);
        var one = host.ObserveStream(stream);
        var ids = new List<string>();

        for (var number = 0; number < 20; number++)
        {
            // Every other one is too long for a payload: its id of quotes doubles, and so do stream and type.
            var id = number % 2 == 0
                ? string.Create(CultureInfo.InvariantCulture, $"{number}") + new string('"', 1_000)
                : string.Create(CultureInfo.InvariantCulture, $"{number}");
            ids.Add(id);
            await host.Store.StoreAsync(new EventData(stream, new string('"', number % 2 == 0 ? 1_000 : 1)) { Id = id });
        }

        await all.WaitForCountAsync(20);
        all.AssertExactly(ids);
        await one.WaitForCountAsync(20);
        one.AssertExactly(ids);
    }

    [TestMethod]
    public async Task The_row_trigger_of_go_sync_kit_is_understood()
    {
        await using var host = await ListeningHost.StartAsync();
        await using var connection = await host.ConnectAsync();
        await connection.PutGoTriggerBackAsync();
        var all = host.ObserveAll();
        var one = host.ObserveStream("rows");

        await connection.RunAsync(
            "INSERT INTO events (id, aggregate_id, event_type) SELECT 'rows-' || i, 'rows', 'Rows' FROM generate_series(1, 3000) AS i");
        await host.AppendAsync("rows");
        await connection.InsertAsync("rows", "last");

        await all.WaitForIdAsync("last");
        all.AssertExactly(await connection.ColumnAsync<string>("SELECT id FROM events"));
        await one.WaitForIdAsync("last");
        one.AssertExactly(all.Items.Select(item => item.Id));
        Assert.IsTrue(all.Items.All(item => item.CreatedAt is not null));
    }

    [TestMethod]
    public async Task A_time_beyond_what_dotnet_knows_holds_up_nothing()
    {
        await using var host = await ListeningHost.StartAsync();
        await using var connection = await host.ConnectAsync();
        var all = host.ObserveAll();

        await connection.RunAsync("INSERT INTO events (id, aggregate_id, event_type, created_at) VALUES ('far', 'a', 't', '20000-01-01')");
        await connection.RunAsync("INSERT INTO events (id, aggregate_id, event_type, created_at) VALUES ('ever', 'a', 't', 'infinity')");
        await connection.RunAsync("INSERT INTO events (id, aggregate_id, event_type, created_at) VALUES ('bc', 'a', 't', '0044-03-15 BC')");
        await connection.RunAsync("INSERT INTO events (id, aggregate_id, event_type, created_at) VALUES ('old', 'a', 't', '1800-01-01')");

        await host.MarkAsync(all);
        all.AssertExactly(await connection.ColumnAsync<string>("SELECT id FROM events"));
    }

    [TestMethod]
    public async Task What_cannot_be_observed_is_refused()
    {
        await using var host = await ListeningHost.StartAsync();

        Assert.ThrowsExactly<InvalidInputException>(() => host.Store.ObserveStream(""));
        Assert.ThrowsExactly<InvalidInputException>(() => host.Store.ObserveStream(null!));
        Assert.ThrowsExactly<InvalidInputException>(() => host.Store.ObserveEventType("a\0b"));
        Assert.ThrowsExactly<ArgumentNullException>(() => host.Store.ObserveAll().Subscribe(null!));
    }
}
