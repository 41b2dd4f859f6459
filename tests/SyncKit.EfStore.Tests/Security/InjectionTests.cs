using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SyncKit.EfStore.Tests.Appending.DbContexts;
using SyncKit.EfStore.Tests.Cli;
using SyncKit.EfStore.Tests.Notifications;
using SyncKit.EfStore.Tests.Subscriptions.Named;

namespace SyncKit.EfStore.Tests.Security;

/// <summary>Every hostile string through every text that the library and the tool take: kept as it is, or refused; never executed.</summary>
[TestClass]
public sealed class InjectionTests : IAsyncDisposable
{
    private Aviary _aviary = null!;
    private TestStore _store = null!;

    [TestInitialize]
    public async Task OpenAviary()
    {
        _aviary = await Aviary.OpenAsync();
        _store = new TestStore(_aviary.ConnectionString);
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        await _aviary.DisposeAsync();
    }

    [TestMethod]
    public void There_are_at_least_two_hundred()
    {
        Assert.IsGreaterThan(200, HostileStrings.All.Length);
        Assert.IsTrue(HostileStrings.All.All(hostile => Encoding.UTF8.GetByteCount(hostile) <= 500));
    }

    [TestMethod]
    public async Task Pasted_into_SQL_they_would_be_executed()
    {
        // Or the test cannot fail: each ending gets out of some place that a value is pasted into.
        var heard = 0;
        foreach (var hostile in HostileStrings.All.Where(one => one.Contains("sing", StringComparison.Ordinal) || one.Contains("canary", StringComparison.Ordinal)))
        {
            heard += await IsHeardAsync($"SELECT '{hostile}'") || await IsHeardAsync($"SELECT 1 AS \"{hostile}\"") ? 1 : 0;
        }

        Assert.IsGreaterThan(20, heard);
        await _aviary.AssertSilentAsync();
    }

    [TestMethod]
    public async Task As_id_stream_type_data_and_metadata_they_come_back_as_they_are()
    {
        var given = HostileStrings.All.Select(Hostile).ToArray();
        await _store.Events.StoreAsync(given[..50]);
        await Task.WhenAll(given[50..150].Select(one => _store.Events.StoreAsync(one)));
        foreach (var one in given[150..])
        {
            await _store.Events.AppendAsync([one], ExpectedVersion.NoStream);
        }

        var stored = (await _store.Events.LoadAsync(EventVersion.Zero).ToListAsync()).ToDictionary(one => one.Id, StringComparer.Ordinal);
        Assert.HasCount(given.Length, stored);
        foreach (var one in given)
        {
            AssertSame(one, stored[one.Id]);
            await Assert.ThrowsExactlyAsync<WrongExpectedVersionException>(() => _store.Events.AppendAsync([Sample.Event(one.AggregateId)], ExpectedVersion.NoStream));
            await Assert.ThrowsExactlyAsync<DuplicateEventException>(() => _store.Events.StoreAsync(new EventData(one.AggregateId, "T") { Id = one.Id }));
        }

        await _aviary.AssertSilentAsync();
    }

    [TestMethod]
    public async Task As_filters_they_find_exactly_their_own()
    {
        await _store.Events.StoreAsync([.. HostileStrings.All.Select(Hostile)]);
        foreach (var hostile in HostileStrings.All)
        {
            Assert.AreEqual(hostile, (await _store.StreamAsync(hostile)).Single().Id);
            Assert.AreEqual(hostile, (await Read(new EventQuery { EventTypes = [hostile, "no such type"] })).Single().Id);
            CollectionAssert.AreEquivalent(
                HostileStrings.All.Where(one => one.StartsWith(hostile, StringComparison.Ordinal)).ToArray(),
                (await Read(new EventQuery { AggregateIdPrefix = hostile })).Select(one => one.Id).ToArray());
        }

        await using var db = _store.CreateContext();
        foreach (var hostile in HostileStrings.All.Where((_, n) => n % 10 == 0))
        {
            Assert.AreEqual(1, await db.Events.CountAsync(e => e.Id == hostile && e.AggregateId == hostile && e.EventType == hostile));
        }

        await _aviary.AssertSilentAsync();

        Task<List<StoredEvent>> Read(EventQuery query) => _store.Events.ReadAsync(query).ToListAsync().AsTask();
    }

    [TestMethod]
    public async Task What_cannot_be_stored_is_refused_by_name_everywhere()
    {
        var erasure = _store.Services.GetRequiredService<IEventErasure>();
        foreach (var hostile in HostileStrings.Refused)
        {
            await RefusedAsync(() => _store.Events.StoreAsync(new EventData(hostile, "T", EventJson.Parse("1"))));
            await RefusedAsync(() => _store.Events.StoreAsync(new EventData("a", hostile, EventJson.Parse("1"))));
            await RefusedAsync(() => _store.Events.StoreAsync(new EventData("a", "T") { Id = hostile }));
            await RefusedAsync(() => erasure.EraseAsync("a", hostile));
            Assert.ThrowsExactly<InvalidInputException>(() => EventStoreRoles.Script(new EventStoreRoleNames { Eraser = hostile }));
            Assert.ThrowsExactly<InvalidInputException>(() => EventStoreRoles.Script(new EventStoreRoleNames { Eraser = "a" }, hostile));
        }

        Assert.IsEmpty(await _store.Events.LoadAsync(EventVersion.Zero).ToListAsync());
        await _aviary.AssertSilentAsync();

        static async Task RefusedAsync(Func<Task> call) => await Assert.ThrowsExactlyAsync<InvalidInputException>(call);
    }

    [TestMethod]
    public async Task Imported_by_COPY_and_by_JSON_Lines_they_come_back_as_they_are()
    {
        var importer = _store.Services.GetRequiredService<EventImporter>();
        var half = HostileStrings.All.Length / 2;
        await importer.ImportAsync(HostileStrings.All[..half].Select(Hostile).ToAsyncEnumerable());
        var lines = string.Concat(HostileStrings.All[half..].Select(hostile => JsonSerializer.Serialize(
            new { id = hostile, aggregate_id = hostile, event_type = hostile, data = new Dictionary<string, string> { [hostile] = hostile }, metadata = new[] { hostile } }) + "\n"));
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(lines));
        await importer.ImportAsync(stream);

        var stored = await _store.Events.LoadAsync(EventVersion.Zero).ToListAsync();
        CollectionAssert.AreEqual(HostileStrings.All, stored.Select(one => one.Id).ToArray());
        foreach (var one in stored)
        {
            AssertSame(Hostile(one.Id), one);
        }

        await _aviary.AssertSilentAsync();
    }

    [TestMethod]
    public async Task Saved_by_a_DbContext_they_come_back_as_they_are()
    {
        var options = new DbContextOptionsBuilder<ShopDbContext>();
        options.UseNpgsql(TestRoles.ForStore(_aviary.ConnectionString)).UseEventStore();
        await using var db = new ShopDbContext(options.Options);
        foreach (var (hostile, n) in HostileStrings.All.Select((hostile, n) => (hostile, n)))
        {
            db.AppendEvents([Hostile(hostile)], n % 2 == 0 ? ExpectedVersion.NoStream : ExpectedVersion.Any);
        }

        await db.SaveChangesAsync();

        var stored = (await _store.Events.LoadAsync(EventVersion.Zero).ToListAsync()).ToDictionary(one => one.Id, StringComparer.Ordinal);
        foreach (var hostile in HostileStrings.All)
        {
            AssertSame(Hostile(hostile), stored[hostile]);
        }

        await _aviary.AssertSilentAsync();
    }

    [TestMethod]
    [DataRow(1_000, DisplayName = "a channel each")]
    [DataRow(0, DisplayName = "one channel")]
    public async Task As_observed_streams_each_sees_its_own_event(int channels)
    {
        await using var host = await ListeningHost.StartAsync(_aviary.ConnectionString, options => options.MaxStreamChannels = channels);
        var seen = HostileStrings.All.Select(hostile => (hostile, Told: host.ObserveStream(hostile))).ToArray();
        await host.AllInPlaceAsync();

        await host.Store.StoreAsync([.. HostileStrings.All.Select(Hostile)]);

        foreach (var (hostile, told) in seen)
        {
            await told.WaitUntilAsync("its event", items => items.Count == 1);
            Assert.AreEqual((hostile, hostile, hostile), (told.Items[0].Id, told.Items[0].AggregateId, told.Items[0].EventType));
        }

        await _aviary.AssertSilentAsync();
    }

    [TestMethod]
    public async Task As_names_of_subscriptions_they_are_asked_for_run_and_listed()
    {
        var subscriptions = _store.Services.GetRequiredService<ISubscriptions>();
        foreach (var hostile in HostileStrings.All)
        {
            try
            {
                await subscriptions.PauseAsync(hostile);
                Assert.Fail(hostile);
            }
            catch (EventStoreException error) when (error is SubscriptionException or InvalidInputException)
            {
                // Nobody runs it, or no subscription can be called so.
            }
        }

        string[] names = ["it's", "a\"b", "'; DROP TABLE canary; --", "%s", "\\", "$$", "a b", "\ud83d\ude00"];
        var inbox = new Inbox();
        await using var host = await SubscribingHost.StartAsync(_aviary.ConnectionString, (services, builder) =>
        {
            services.AddSingleton(inbox);
            foreach (var name in names)
            {
                builder.AddSubscription<InboxHandler>(name, SubscribingHost.Quick(null));
            }
        });
        var stored = await host.Store.StoreAsync(Sample.Event("a"));
        foreach (var name in names)
        {
            await host.Subscriptions.WaitUntilProcessedAsync(name, stored.Version);
            await host.Subscriptions.RebuildAsync(name);
        }

        CollectionAssert.AreEquivalent(names, (await subscriptions.ListAsync()).Select(info => info.Name).ToArray());
        await _aviary.AssertSilentAsync();
    }

    [TestMethod]
    public async Task As_what_a_handler_throws_they_are_parked_and_replayed_as_they_are()
    {
        await _store.Events.StoreAsync([.. HostileStrings.All.Select(Hostile)]);
        var inbox = new Inbox { Before = (stored, _) => throw new FormatException(stored.Id) };
        await using var host = await SubscribingHost.StartAsync(
            _aviary.ConnectionString, inbox, options => (options.Retries, options.OnFailure) = (0, FailurePolicy.Park));
        await host.WaitUntilProcessedAsync(new EventVersion(HostileStrings.All.Length));
        await host.UntilParkedAsync(parked => parked.Count == HostileStrings.All.Length);

        foreach (var parked in await host.Subscriptions.ParkedAsync(SubscribingHost.Name))
        {
            Assert.AreEqual((parked.EventId, parked.EventId), (parked.AggregateId, parked.EventType));
            Assert.StartsWith("FormatException: ", parked.Error);
        }

        inbox.Before = (_, _) => Task.CompletedTask;
        await host.Subscriptions.ReplayParkedAsync(SubscribingHost.Name);
        await inbox.WaitForAsync(HostileStrings.All.Length);
        await _aviary.AssertSilentAsync();
    }

    [TestMethod]
    public async Task In_erasures_and_the_audit_they_are_values()
    {
        await using var store = TestStore.AsOwner(_aviary.ConnectionString);
        await store.Events.StoreAsync([.. HostileStrings.All.Select(Hostile)]);
        await _aviary.Owner.RunAsync("UPDATE events SET created_at = now()");
        var (erasure, audit) = (store.Services.GetRequiredService<IEventErasure>(), store.Services.GetRequiredService<IEventAudit>());
        foreach (var hostile in HostileStrings.All)
        {
            var before = await audit.ReadAsync(new AuditQuery { AggregateId = hostile }).SingleAsync();
            Assert.AreEqual((hostile, hostile), (before.EventId, before.AggregateId));

            // A reason must not be blank.
            Assert.HasCount(1, (await erasure.EraseAsync(hostile, "r" + hostile)).Erased);
            var entries = await audit.ReadAsync(new AuditQuery { AggregateId = hostile }).ToListAsync();
            Assert.AreEqual((2, "r" + hostile), (entries.Count, entries[1].Reason));
            Assert.AreEqual(before.OldRow!.ToDocument().RootElement.GetProperty("id").GetString(), hostile);
        }

        await _aviary.AssertSilentAsync();
    }

    [TestMethod]
    public async Task As_names_of_roles_they_are_created_granted_to_and_nothing_else()
    {
        const string rolesSql = "SELECT rolname::text FROM pg_roles";
        var mark = Guid.NewGuid().ToString("N")[..8];
        string[] names = [.. HostileStrings.All.Select(hostile => mark + hostile).Where(name => Encoding.UTF8.GetByteCount(name) <= 63)];
        Assert.IsGreaterThan(200, names.Length);
        try
        {
            foreach (var (name, n) in names.Select((name, n) => (name, n)))
            {
                await EventStoreRoles.ApplyAsync(_aviary.ConnectionString, n % 2 == 0
                    ? new EventStoreRoleNames { Reader = name, Create = true }
                    : new EventStoreRoleNames { Eraser = name, Create = true });
            }

            CollectionAssert.AreEquivalent(names, (await _aviary.Owner.ColumnAsync<string>(rolesSql)).Where(role => role.StartsWith(mark, StringComparison.Ordinal)).ToArray());
            Assert.AreEqual((names.Length + 1L) / 2, await _aviary.Owner.ScalarAsync<long>(
                "SELECT count(*) FROM pg_roles WHERE starts_with(rolname::text, $1) AND has_table_privilege(oid, 'events', 'SELECT')", mark));
            Assert.AreEqual(0, await _aviary.Owner.ScalarAsync<long>("SELECT count(*) FROM canary"));
        }
        finally
        {
            foreach (var name in names)
            {
                var role = $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
                await _aviary.Owner.RunAsync($"DROP OWNED BY {role}; DROP ROLE {role}");
            }
        }

        Assert.IsFalse((await _aviary.StateAsync()).Contains("cuckoo", StringComparison.Ordinal));
    }

    [TestMethod]
    [DataRow("it's")]
    [DataRow("a\"b")]
    [DataRow("a\\b")]
    [DataRow("%1$I %s %")]
    [DataRow("a'; DROP TABLE canary; --")]
    [DataRow("line\nbreak")]
    [DataRow("\ud83d\ude00 $$")]
    public async Task As_the_name_of_the_schema_they_are_a_name(string schema)
    {
        var quoted = $"\"{schema.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
        await _aviary.Owner.RunAsync($"CREATE SCHEMA {quoted}");
        var connectionString = new NpgsqlConnectionStringBuilder(_aviary.ConnectionString) { SearchPath = quoted }.ConnectionString;

        await EventStoreSchema.MigrateAsync(connectionString);
        Assert.IsEmpty((await EventStoreSchema.MigrateAsync(connectionString)).Mended);

        await using var store = TestStore.AsOwner(connectionString);
        await store.Events.StoreAsync(Sample.Events("a", 2));
        await using var owner = await RawSql.ConnectAsync(connectionString);
        await owner.RunAsync("ANALYZE; UPDATE events SET event_type = 'U'; DELETE FROM events WHERE version = 1");
        Assert.HasCount(1, (await store.Services.GetRequiredService<IEventErasure>().EraseAsync("a", "r")).Erased);
        Assert.AreEqual(4, await store.Services.GetRequiredService<IEventAudit>().ReadAsync().CountAsync());
        var writer = $"test_{Guid.NewGuid():N}";
        await owner.RunAsync(EventStoreRoles.Script(new EventStoreRoleNames { Writer = writer, Create = true }, schema));
        Assert.IsTrue(await owner.ScalarAsync<bool>("SELECT has_table_privilege($1::name, 'events', 'INSERT')", writer));
        await owner.RunAsync($"DROP OWNED BY {writer}; DROP ROLE {writer}");
        Assert.AreEqual(0, await _aviary.Owner.ScalarAsync<long>("SELECT count(*) FROM canary"));
    }

    [TestMethod]
    public async Task As_names_of_applications_they_are_names()
    {
        foreach (var hostile in HostileStrings.All.Where((_, n) => n % 4 == 0))
        {
            var connectionString = new NpgsqlConnectionStringBuilder(_aviary.ConnectionString) { ApplicationName = hostile, Pooling = false }.ConnectionString;
            await using var store = new TestStore(connectionString);
            await store.Events.StoreAsync(Sample.Event("a"));
            await using var session = await RawSql.ConnectAsync(connectionString);
            await session.RunAsync("DELETE FROM events WHERE version = (SELECT max(version) FROM events)");
        }

        Assert.AreEqual(
            (long)HostileStrings.All.Where((_, n) => n % 4 == 0).Count(), await _aviary.Owner.ScalarAsync<long>("SELECT count(*) FROM event_audit"));
        await _aviary.AssertSilentAsync();
    }

    [TestMethod]
    public async Task Through_the_tool_they_come_back_as_they_are()
    {
        var lines = string.Concat(HostileStrings.All.Select(hostile =>
            JsonSerializer.Serialize(new { id = hostile, aggregate_id = hostile, event_type = hostile, data = hostile }) + "\n"));
        Assert.AreEqual(0, (await SynckitProcess.RunAsync(_aviary.ConnectionString, Encoding.UTF8.GetBytes(lines), ["import", "-"])).ExitCode);
        var read = await SynckitProcess.RunAsync(_aviary.ConnectionString, "read");
        CollectionAssert.AreEqual(HostileStrings.All, read.Lines.Select(line => Text(line, "data")).ToArray());

        // As arguments: each takes a process of its own.
        foreach (var hostile in (string[])["--help'; DROP TABLE canary; --", "@/etc/hostname\"; SELECT sing(); $(true) `true` \\ %s", "a\r\n\u001b[2Jb\u202e"])
        {
            await DoneAsync("append", $"--stream={hostile}", $"--type={hostile}", $"--data={JsonSerializer.Serialize(hostile)}");
            var found = await DoneAsync("read", $"--stream={hostile}", $"--type={hostile}");
            Assert.AreEqual((hostile, hostile, hostile), (Text(found.Lines[^1], "aggregate_id"), Text(found.Lines[^1], "event_type"), Text(found.Lines[^1], "data")));
            await DoneAsync("erase", $"--stream={hostile}", $"--reason={hostile}");
            Assert.AreEqual(hostile, Text((await DoneAsync("audit", $"--stream={hostile}", "--operation=erase")).Lines[^1], "reason"));
            Assert.AreEqual(1, (await SynckitProcess.RunAsync(_aviary.ConnectionString, "subscriptions", "pause", "--", hostile)).ExitCode);
            Assert.Contains(hostile.Replace("\"", "\"\"", StringComparison.Ordinal), (await DoneAsync("roles", $"--writer={hostile}")).Output);
        }

        await _aviary.AssertSilentAsync();

        static string? Text(string line, string name) => JsonDocument.Parse(line).RootElement.GetProperty(name).GetString();

        async Task<SynckitResult> DoneAsync(params string[] arguments)
        {
            var run = await SynckitProcess.RunAsync(_aviary.ConnectionString, arguments);
            Assert.AreEqual(0, run.ExitCode, run.Error);
            return run;
        }
    }

    private async Task<bool> IsHeardAsync(string sql)
    {
        await _aviary.Owner.RunAsync("BEGIN");
        try
        {
            await _aviary.Owner.RunAsync(sql);
            return await _aviary.Owner.ScalarAsync<bool>("SELECT to_regclass('canary') IS NULL OR to_regclass('cuckoo') IS NOT NULL")
                || await _aviary.Owner.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM canary)");
        }
        catch (PostgresException)
        {
            return false; // It broke before it ran.
        }
        finally
        {
            await _aviary.Owner.RunAsync("ROLLBACK");
        }
    }

    private static EventData Hostile(string hostile) => new(hostile, hostile, EventJson.FromObject(new Dictionary<string, string> { [hostile] = hostile }))
    {
        Id = hostile,
        Metadata = EventJson.FromObject(new[] { hostile }),
    };

    private static void AssertSame(EventData given, StoredEvent stored)
    {
        Assert.AreEqual((given.Id, given.AggregateId, given.EventType), (stored.Id, stored.AggregateId, stored.EventType));
        var data = stored.Data!.Deserialize<Dictionary<string, string>>()!.Single();
        Assert.AreEqual((given.Id, given.Id), (data.Key, data.Value));
        Assert.AreEqual(given.Id, stored.Metadata!.Deserialize<string[]>()!.Single());
    }
}
