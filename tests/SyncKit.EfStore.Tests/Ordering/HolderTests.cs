using System.Diagnostics;
using Npgsql;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Ordering;

/// <summary>Who holds the mark back is named, can be seen, and can be passed over by an operator who accepts the loss.</summary>
[TestClass]
public sealed class HolderTests : IAsyncDisposable
{
    private static readonly TimeSpan AtMost = TimeSpan.FromSeconds(60);

    private PostgresDatabase _database = null!;
    private NpgsqlConnection _holder = null!;
    private SettledStore _store = null!;

    [TestInitialize]
    public async Task Open()
    {
        _database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        _holder = await RawSql.ConnectAsync(
            new NpgsqlConnectionStringBuilder(_database.ConnectionString) { ApplicationName = "forgetful" }.ConnectionString);
        _store = new SettledStore(_database.ConnectionString);
        await _store.Events.StoreAsync(Sample.Event("a"));
        await _store.Events.GetLatestVersionAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        await _holder.DisposeAsync();
        await _database.DisposeAsync();
    }

    [TestMethod]
    public async Task The_backend_is_named_in_log_property_and_gauge_and_its_end_is_told()
    {
        Assert.IsNull(_store.PublicMark.Holder);
        await HoldAsync();
        var pid = await _holder.ScalarAsync<int>("SELECT pg_backend_pid()");
        await _store.Events.StoreAsync(Sample.Event("higher"));
        var seen = Stopwatch.StartNew();
        var wait = _store.Mark.WaitBeyondAsync(1, default);
        var load = _store.IdsAsync(new EventVersion(1));

        var holder = await _store.HolderAsync().WaitAsync(AtMost);
        Assert.IsGreaterThan(TimeSpan.FromSeconds(0.9), seen.Elapsed); // a busy log is not an alarm
        var state = TestRoles.StoresAreOwners ? "idle in transaction" : null;
        Assert.AreEqual((pid, "forgetful", "postgres", state), (holder.ProcessId, holder.ApplicationName, holder.UserName, holder.State));
        Assert.IsNull(holder.PreparedTransaction);
        Assert.AreEqual(TestRoles.StoresAreOwners, holder.TransactionStart is not null);
        await _store.Log.WaitForAsync("the warning", line => line.StartsWith("100: ", StringComparison.Ordinal));
        var warning = _store.Log.Items.Single(line => line.StartsWith("100: ", StringComparison.Ordinal));
        Assert.Contains($"stays at version 1, below 3: held back by backend {pid} (application 'forgetful'", warning);
        var held = _store.GaugeWithTags("synckit.settled_mark.held");
        Assert.IsGreaterThan(0.9, held.Value);
        CollectionAssert.AreEqual(new[] { new KeyValuePair<string, object?>("pid", pid) }, held.Tags);
        Assert.AreEqual(1, _store.Gauge("synckit.settled_mark.version"));

        Assert.AreEqual("", await load.WaitAsync(AtMost));
        await _holder.RunAsync("COMMIT");
        Assert.AreEqual(3, await wait.WaitAsync(AtMost));
        await _store.Log.WaitForAsync("the release", line => line.StartsWith($"101: The settled mark is no longer held back by backend {pid}", StringComparison.Ordinal));
        Assert.IsNull(_store.PublicMark.Holder);
        Assert.AreEqual(0, _store.Gauge("synckit.settled_mark.held"));
        Assert.AreEqual(3, _store.Gauge("synckit.settled_mark.version"));
        Assert.AreEqual(1, _store.Log.Items.Count(line => line.StartsWith("100: ", StringComparison.Ordinal)));
    }

    [TestMethod]
    public async Task A_process_that_only_observes_names_the_backend_too()
    {
        await HoldAsync();
        await _store.Events.StoreAsync(Sample.Event("higher"));
        await using var observing = new SettledStore(_database.ConnectionString, configure: options => options.PollInterval = TimeSpan.FromMilliseconds(100));
        using var observer = observing.Events.ObserveAll().Subscribe(_ => { });

        await observing.Log.WaitForAsync("the warning", line => line.StartsWith("100: ", StringComparison.Ordinal));
        Assert.AreEqual(_holder.ProcessID, observing.PublicMark.Holder!.ProcessId);
        await _holder.RunAsync("COMMIT");
        await observing.Log.WaitForAsync("the release", line => line.StartsWith("101: ", StringComparison.Ordinal));
    }

    [TestMethod]
    public async Task The_end_is_told_when_every_reader_has_gone()
    {
        await HoldAsync();
        await _store.Events.StoreAsync(Sample.Event("higher"));
        Assert.AreEqual("", await _store.IdsAsync(new EventVersion(1)));
        Assert.IsNotNull(_store.PublicMark.Holder);

        await _holder.RunAsync("ROLLBACK");

        await _store.Log.WaitForAsync("the release", line => line.StartsWith("101: ", StringComparison.Ordinal));
        Assert.AreEqual(3, _store.PublicMark.Version.Value);
    }

    [TestMethod]
    public async Task An_ordinary_role_sees_the_pid_and_the_application_of_another_ones_transaction()
    {
        var role = $"reader_{Guid.NewGuid():N}";
        await _holder.RunAsync($"CREATE ROLE {role} LOGIN PASSWORD 'secret'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}");
        await using (var store = new SettledStore(
            new NpgsqlConnectionStringBuilder(_database.ConnectionString) { Username = role, Password = "secret" }.ConnectionString))
        {
            await store.Events.GetLatestVersionAsync();
            await HoldAsync();
            await _store.Events.StoreAsync(Sample.Event("higher"));
            var wait = store.Mark.WaitBeyondAsync(1, default);

            var holder = await store.HolderAsync().WaitAsync(AtMost);

            Assert.AreEqual((_holder.ProcessID, "forgetful"), (holder.ProcessId, holder.ApplicationName));
            Assert.IsNull(holder.TransactionStart);
            await _holder.RunAsync("COMMIT");
            await wait.WaitAsync(AtMost);
        }

        NpgsqlConnection.ClearAllPools();
        await _holder.RunAsync($"DROP OWNED BY {role}; DROP ROLE {role}");
    }

    [TestMethod]
    public async Task An_operator_passes_over_one_holder_and_that_is_logged()
    {
        await using var other = await RawSql.ConnectAsync(_database.ConnectionString);
        await HoldAsync(); // 2
        await _store.Events.StoreAsync(Sample.Event("b")); // 3
        var beyond = _store.Mark.WaitBeyondAsync(1, default);
        var holder = await _store.HolderAsync().WaitAsync(AtMost);
        await other.RunAsync("BEGIN; INSERT INTO events (id, aggregate_id, event_type, stream_version) VALUES ('c', 'c', 'T', 1)"); // 4
        await _store.Events.StoreAsync(Sample.Event("d")); // 5

        var impostor = holder with { SeenSince = holder.SeenSince + TimeSpan.FromSeconds(1) };
        Assert.AreEqual(1, (await _store.PublicMark.AcceptLossAsync(impostor)).Value);
        var mark = await _store.PublicMark.AcceptLossAsync(holder);

        Assert.AreEqual(3, mark.Value); // the other one is waited for as ever
        Assert.AreEqual(3, await beyond.WaitAsync(AtMost));
        var accepted = _store.Log.Items.Single(line => line.StartsWith("102: ", StringComparison.Ordinal));
        Assert.Contains($"no longer waits for backend {_holder.ProcessID}", accepted);
        await other.RunAsync("COMMIT");
        Assert.AreEqual("b c d", await _store.IdsAsync(new EventVersion(1)));

        // This is the loss: below a cursor that was given out.
        await _holder.RunAsync("COMMIT");
        Assert.AreEqual("held b c d", await _store.IdsAsync(new EventVersion(1)));

        // The next transaction of the same backend is another one.
        await _holder.RunAsync("BEGIN; SELECT nextval('events_version_seq')");
        await _store.Events.StoreAsync(Sample.Event("e"));
        var after = _store.Mark.AdvanceAsync(default);
        Assert.AreEqual(_holder.ProcessID, (await _store.HolderAsync().WaitAsync(AtMost)).ProcessId);
        await _holder.RunAsync("ROLLBACK");
        Assert.AreEqual(7, await after.WaitAsync(AtMost));
    }

    private async Task HoldAsync() =>
        await _holder.RunAsync("BEGIN; INSERT INTO events (id, aggregate_id, event_type, stream_version) VALUES ('held', 'held', 'T', 1)");
}
