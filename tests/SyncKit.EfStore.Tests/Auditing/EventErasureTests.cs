using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SyncKit.EfStore.Testing;
using SyncKit.EfStore.Tests.Storage;
using SyncKit.EfStore.Tests.Subscriptions.Named;

namespace SyncKit.EfStore.Tests.Auditing;

/// <summary>What was erased is nowhere, and everything else is where it was.</summary>
[TestClass]
public sealed class EventErasureTests : IAsyncDisposable
{
    private const string Tombstone = """{"$erased": true}""";

    private PostgresDatabase _database = null!;
    private TestStore _store = null!;
    private NpgsqlConnection _owner = null!;

    private IEventErasure Erasure => _store.Services.GetRequiredService<IEventErasure>();

    private IEventAudit Audit => _store.Services.GetRequiredService<IEventAudit>();

    [TestInitialize]
    public async Task CreateDatabase()
    {
        _database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        _store = TestStore.AsOwner(_database.ConnectionString);
        _owner = await RawSql.ConnectAsync(_database.ConnectionString);
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        await _owner.DisposeAsync();
        await _database.DisposeAsync();
    }

    [TestMethod]
    public async Task A_stream_is_erased_and_order_versions_and_other_streams_stay()
    {
        await _store.Events.StoreAsync([Sample.Event("a", 1), Sample.Event("b", 2), Sample.Event("a", 3)]);
        var before = await _store.Events.LoadAsync(EventVersion.Zero).ToListAsync();

        var result = await Erasure.EraseAsync("a", "request 1");

        CollectionAssert.AreEqual(new[] { before[0].Version, before[2].Version }, result.Erased.ToArray());
        Assert.IsEmpty(result.ErasedBefore);
        var after = await _store.Events.LoadAsync(EventVersion.Zero).ToListAsync();
        Assert.AreEqual(before[1], after[1]);
        Assert.IsFalse(after[1].IsErased);
        foreach (var place in (int[])[0, 2])
        {
            Assert.IsTrue(after[place].IsErased);
            Assert.AreEqual((Tombstone, Tombstone), (after[place].Data!.ToString(), after[place].Metadata!.ToString()));
            Assert.AreEqual(before[place] with { Data = after[place].Data, Metadata = after[place].Metadata }, after[place]);
        }

        Assert.AreEqual(3, (await _store.Events.AppendAsync([Sample.Event("a")], ExpectedVersion.Exactly(2))).StreamVersion);
        Assert.IsFalse((await _store.StreamAsync("a"))[2].IsErased);
    }

    [TestMethod]
    public async Task Single_events_are_erased_by_version_and_the_audit_says_who_and_why()
    {
        await _store.Events.StoreAsync(Sample.Events("a", 4));

        var result = await Erasure.EraseAsync([new EventVersion(2), new EventVersion(4), new EventVersion(99)], "request 2");

        CollectionAssert.AreEqual(new[] { new EventVersion(2), new EventVersion(4) }, result.Erased.ToArray());
        Assert.AreEqual(".x.x", Erased(await _store.StreamAsync("a")));
        var entries = await Audit.ReadAsync().ToListAsync();
        Assert.HasCount(2, entries);
        var login = await _owner.ScalarAsync<string>("SELECT session_user::text");
        foreach (var entry in entries)
        {
            Assert.AreEqual(
                (AuditOperation.Erase, "request 2", "a", login, (EventJson?)null),
                (entry.Operation, entry.Reason, entry.AggregateId, entry.LoginRole, entry.OldRow));
        }
    }

    [TestMethod]
    public async Task Erasing_again_changes_nothing_and_what_only_looks_like_a_tombstone_is_erased()
    {
        await _store.Events.StoreAsync(EventData.FromJson("a", "T", """{"$erased": true, "name": "Ada-Lovelace"}"""));
        await _owner.RunAsync("UPDATE events SET event_type = 'U'");

        Assert.HasCount(1, (await Erasure.EraseAsync("a", "once")).Erased);
        var again = await Erasure.EraseAsync("a", "twice");

        Assert.IsEmpty(again.Erased);
        Assert.HasCount(1, again.ErasedBefore);
        Assert.AreEqual(1, await Audit.ReadAsync(new AuditQuery { Operation = AuditOperation.Erase }).CountAsync());
        Assert.AreEqual(0, await FoundAsync("Ada-Lovelace"));
        Assert.IsEmpty((await Erasure.EraseAsync("nobody", "typo")).Erased);
    }

    [TestMethod]
    public async Task The_old_content_is_nowhere_in_the_database()
    {
        const string secret = "Ada-Lovelace-1815";
        var (large, inbox) = (string.Concat(Enumerable.Range(0, 2_000).Select(n => Guid.NewGuid().ToString("N"))), new Inbox());
        await _store.Events.StoreAsync([.. Enumerable.Range(0, 40).Select(n => new EventData("person", "Said", EventJson.Parse($$"""{"name": "{{secret}}"}"""))
        {
            Metadata = EventJson.Parse($$"""{"by": "{{secret}}"}"""),
        })]);
        await _store.Events.StoreAsync(EventData.FromJson("person", "SaidMuch", $$"""{"name": "{{secret}}", "more": "{{large}}"}"""));
        await _store.Events.StoreAsync([.. Enumerable.Range(0, 200).Select(n => Sample.Event("other", n))]);

        // In the audit by UPDATE, by DELETE, and under another name of the stream; in what handlers threw; in the planner's sample.
        await _owner.RunAsync("UPDATE events SET event_type = 'Edited' WHERE version BETWEEN 3 AND 20");
        await _owner.RunAsync("UPDATE events SET aggregate_id = 'moved', stream_version = 1 WHERE version = 5");
        await _owner.RunAsync("UPDATE events SET aggregate_id = 'person', stream_version = 5 WHERE version = 5");
        await _owner.RunAsync("DELETE FROM events WHERE version = 40");
        inbox.Before = (stored, _) => stored.AggregateId == "person" ? throw new FormatException($"Cannot take {stored.Data}") : Task.CompletedTask;
        await using (var host = await ParkingAsync(inbox))
        {
            await host.WaitUntilProcessedAsync(new EventVersion(200));
        }

        await using (var host = await SubscribingHost.StartAsync(
            _database.ConnectionString,
            (services, builder) => builder.AddSubscription<InboxHandler>("faulting", options => options.Retries = 0).Services.AddSingleton(inbox)))
        {
            await host.Subscriptions.Get("faulting").WaitForStateAsync(SubscriptionStatus.Faulted).WaitAsync(TimeSpan.FromSeconds(60));
        }

        await _owner.RunAsync("VACUUM ANALYZE");
        Assert.AreEqual(5, await FoundAsync(secret)); // or the search is blind
        Assert.AreEqual(1, await FoundAsync(secret, "pg_statistic"));
        Assert.Contains(secret, await DumpAsync());
        Assert.IsGreaterThan(0, await FilesAsync(secret));

        Assert.HasCount(40, (await Erasure.EraseAsync("person", "request 3")).Erased);

        Assert.AreEqual(0, await FoundAsync(secret));
        Assert.AreEqual(0, await FoundAsync(large[..200]));
        Assert.DoesNotContain(secret, await DumpAsync());
        var oldRows = await Audit.ReadAsync().Where(entry => entry.OldRow is not null).Select(entry => entry.OldRow!.ToString()).ToListAsync();
        Assert.HasCount(18 + 2 + 1, oldRows);
        Assert.IsTrue(oldRows.All(row => row.Contains(Tombstone, StringComparison.Ordinal)));

        // Who began before may see the dead rows still, so they would be written anew; a writer of any database makes all snapshots that old.
        await using var reader = await RawSql.ConnectAsync(_database.ConnectionString);
        await reader.RunAsync("BEGIN ISOLATION LEVEL REPEATABLE READ");
        await reader.RunAsync("SELECT FROM events");
        await using var elsewhere = await (await TestServer.GetAsync()).CreateEmptyDatabaseAsync();
        await using var writer = await RawSql.ConnectAsync(elsewhere.ConnectionString);
        await writer.RunAsync("BEGIN; CREATE TABLE t (x int)");
        var vacuum = EventStoreVacuum.RunAsync(_database.ConnectionString, full: true);
        while (await _owner.ScalarAsync<long>("""
            SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database() AND query LIKE '%transactionid::text) = ANY%'
            """) == 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5));
        }

        await reader.RunAsync("COMMIT");
        await writer.RunAsync("COMMIT");
        await vacuum;
        Assert.AreEqual(0, await FilesAsync(secret));
    }

    [TestMethod]
    public async Task An_append_that_is_open_comes_first_and_is_erased_too()
    {
        await _store.Events.StoreAsync(Sample.Event("a"));
        await using var writer = await RawSql.ConnectAsync(_database.ConnectionString);
        await writer.RunAsync("BEGIN; INSERT INTO events (id, aggregate_id, event_type, data) VALUES ('open', 'a', 'T', '{\"name\": \"Ada-Lovelace\"}')");

        var erasing = Erasure.EraseAsync("a", "request 4");
        await _owner.SomeoneWaitsAsync();
        await writer.RunAsync("COMMIT");

        Assert.HasCount(2, (await erasing).Erased);
        Assert.AreEqual(0, await FoundAsync("Ada-Lovelace"));
    }

    [TestMethod]
    public async Task A_change_that_an_owner_has_open_is_erased_from_the_audit_too()
    {
        await _store.Events.StoreAsync(EventData.FromJson("a", "T", """{"name": "Ada-Lovelace"}"""));
        await using var other = await RawSql.ConnectAsync(_database.ConnectionString);
        await other.RunAsync("BEGIN; UPDATE events SET event_type = 'U'");

        var erasing = Erasure.EraseAsync([new EventVersion(1)], "request 5");
        await _owner.SomeoneWaitsAsync();
        await other.RunAsync("COMMIT");

        Assert.HasCount(1, (await erasing).Erased);
        Assert.AreEqual(0, await FoundAsync("Ada-Lovelace"));
    }

    [TestMethod]
    public async Task In_the_transaction_of_an_erasure_an_owners_own_change_is_still_written_down()
    {
        await _store.Events.StoreAsync(Sample.Events("a", 2));
        await _owner.RunAsync("BEGIN; DO $$ BEGIN PERFORM erase_events('a', NULL, 'r'); END $$; UPDATE events SET data = '1' WHERE version = 2; UPDATE events SET event_type = 'X' WHERE version = 2; COMMIT");

        Assert.AreEqual(2, await Audit.ReadAsync(new AuditQuery { Operation = AuditOperation.Update }).CountAsync());
        Assert.AreEqual(2, await Audit.ReadAsync(new AuditQuery { Operation = AuditOperation.Erase }).CountAsync());
    }

    [TestMethod]
    public async Task Subscriptions_go_on_and_handlers_meet_the_tombstone()
    {
        await _store.Events.StoreAsync(Sample.Events("a", 3));
        var inbox = new Inbox();
        await using var host = await ParkingAsync(inbox);
        await host.WaitUntilProcessedAsync(new EventVersion(3));

        await Erasure.EraseAsync("a", "request 6");
        var next = await _store.Events.StoreAsync(Sample.Event("a", 4));
        await host.WaitUntilProcessedAsync(next.Version);
        CollectionAssert.AreEqual(new long[] { 1, 2, 3, 4 }, inbox.Versions);
        await host.Subscriptions.RebuildAsync(SubscribingHost.Name);
        await inbox.WaitForAsync(8);

        Assert.AreEqual("....xxx.", Erased(inbox.Handled.Items));
    }

    [TestMethod]
    public async Task An_append_repeated_after_the_erasure_brings_nothing_back()
    {
        var appended = Sample.Event("a");
        await _store.Events.StoreAsync(appended);
        await Erasure.EraseAsync("a", "request 7");

        await Assert.ThrowsExactlyAsync<DuplicateEventException>(() => _store.Events.StoreAsync(appended));

        Assert.IsTrue((await _store.StreamAsync("a")).Single().IsErased);
    }

    [TestMethod]
    public async Task An_analysis_that_is_under_way_does_not_put_the_content_back()
    {
        await _store.Events.StoreAsync([.. Enumerable.Range(0, 40).Select(_ => EventData.FromJson("a", "T", """{"name": "Ada-Lovelace"}"""))]);
        await using var analysis = await RawSql.ConnectAsync(_database.ConnectionString);
        await analysis.RunAsync("BEGIN; ANALYZE events");

        var erasing = Erasure.EraseAsync("a", "request 9");
        await _owner.SomeoneWaitsAsync();
        await analysis.RunAsync("COMMIT");
        await erasing;

        Assert.AreEqual(0, await FoundAsync("Ada-Lovelace", "pg_statistic"));
    }

    [TestMethod]
    public async Task A_long_stream_is_erased_in_one_go()
    {
        await _owner.RunAsync("""
            INSERT INTO events (id, aggregate_id, event_type, data, stream_version)
            SELECT 'e' || n, 'a', 'T', '{"name": "Ada-Lovelace"}', n FROM generate_series(1, 50000) AS n
            """);
        await _owner.RunAsync("UPDATE events SET event_type = 'U'");

        Assert.HasCount(50_000, (await Erasure.EraseAsync("a", "request 8")).Erased);
        Assert.AreEqual(0, await FoundAsync("Ada-Lovelace"));
    }

    [TestMethod]
    public async Task What_cannot_be_erased_is_refused()
    {
        foreach (var (erase, field) in new (Func<Task>, string)[]
        {
            (() => Erasure.EraseAsync("", "r"), "aggregate_id"),
            (() => Erasure.EraseAsync("a\0", "r"), "aggregate_id"),
            (() => Erasure.EraseAsync([], "r"), "versions"),
            (() => Erasure.EraseAsync("a", ""), "reason"),
            (() => Erasure.EraseAsync("a", " \t"), "reason"),
            (() => Erasure.EraseAsync("a", new string('r', 1025)), "reason"),
        })
        {
            Assert.AreEqual(field, (await Assert.ThrowsExactlyAsync<InvalidInputException>(erase)).Field);
        }

        foreach (var call in (string[])["erase_events(NULL, NULL, 'r')", "erase_events('a', NULL, '  ')", "erase_events('a', NULL, NULL)"])
        {
            Assert.AreEqual("22023", (await Assert.ThrowsExactlyAsync<PostgresException>(() => _owner.RunAsync($"SELECT {call}"))).SqlState);
        }
    }

    [TestMethod]
    public async Task Vacuum_says_so_where_the_role_may_not()
    {
        var error = await Assert.ThrowsExactlyAsync<EventStoreUnavailableException>(
            () => EventStoreVacuum.RunAsync(TestRoles.ForWriter(_database.ConnectionString)));

        Assert.AreEqual(UnavailableReason.PermissionDenied, error.Reason);
        Assert.Contains("Connect as the role that owns it", error.Message);
        await EventStoreVacuum.RunAsync(_database.ConnectionString);
    }

    private static string Erased(IEnumerable<StoredEvent> events) => string.Concat(events.Select(stored => stored.IsErased ? 'x' : '.'));

    private Task<SubscribingHost> ParkingAsync(Inbox inbox) => SubscribingHost.StartAsync(_database.ConnectionString, inbox, options =>
    {
        options.Retries = 0;
        options.OnFailure = FailurePolicy.Park;
    });

    /// <summary>In how many tables a query finds it, catalogs and their statistics included; or whether it is in one.</summary>
    private async Task<int> FoundAsync(string text, string? only = null)
    {
        var found = 0;
        foreach (var table in await _owner.ColumnAsync<string>("""
            SELECT oid::regclass::text FROM pg_class
            WHERE relkind IN ('r', 'm') AND ($1::text IS NULL OR relname = $1) AND relname <> 'pg_largeobject'
            """, only))
        {
            found += (int)await _owner.ScalarAsync<long>($"SELECT count(*) FROM (SELECT FROM {table} AS t WHERE t::text LIKE '%' || $1 || '%' LIMIT 1) AS hit", text);
        }

        return found;
    }

    /// <summary>In how many files of the database, once everything is written to them.</summary>
    private async Task<long> FilesAsync(string text)
    {
        await _owner.RunAsync("CHECKPOINT");
        return await _owner.ScalarAsync<long>("""
            SELECT count(*) FROM (SELECT 'base/' || oid AS folder FROM pg_database WHERE datname = current_database()) AS d,
                LATERAL pg_ls_dir(folder) AS file
            WHERE position(convert_to($1, 'UTF8') IN coalesce(pg_read_binary_file(folder || '/' || file, 0, 100000000, true), '')) > 0
            """, text);
    }

    private async Task<string> DumpAsync()
    {
        var at = new NpgsqlConnectionStringBuilder(_database.ConnectionString);
        using var process = Process.Start(new ProcessStartInfo(DumpRestoreTests.Find("pg_dump"))
        {
            RedirectStandardOutput = true,
            Environment =
            {
                ["PGHOST"] = at.Host,
                ["PGPORT"] = $"{at.Port}",
                ["PGUSER"] = at.Username,
                ["PGPASSWORD"] = at.Password,
                ["PGDATABASE"] = at.Database,
            },
        })!;
        var dump = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.AreEqual(0, process.ExitCode);
        return dump;
    }
}
