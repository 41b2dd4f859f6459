using SyncKit.EfStore.Sqlite;
using SyncKit.EfStore.Tests.Sqlite;

namespace SyncKit.EfStore.Tests.Copying;

[TestClass]
public sealed class CopyVersionsTests : CopyDatabase
{
    private static readonly EventCopyOptions Keep = new() { KeepVersions = true };

    private protected override bool AsOwner => true;

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task Versions_are_kept_in_an_empty_log_and_in_what_comes_later(bool toFile)
    {
        using var file = GoLog.Create(17_000);
        using var other = new SqliteFile();
        await using var source = Source(file);
        await using var sqlite = other.Open();
        IEventCopyTarget target = toFile ? sqlite : Postgres;

        await CopyAsync(source, target, Keep);
        using (var connection = file.Connect())
        {
            GoLog.Fill(connection, 17_001, 50);
        }

        var later = await CopyAsync(source, target, Keep);

        Assert.AreEqual(new EventCopyResult(46, 0, 0, new EventVersion(17_000), new EventVersion(17_050)), later);
        await AssertSameAsync(source, (IEventCopySource)target, sameVersions: true);

        // Those that are drawn now go on behind them.
        IEventStore store = toFile ? sqlite : Events;
        Assert.AreEqual(17_051, (await store.StoreAsync(Sample.Event("later"))).Events[0].Version.Value);
        var refused = await Assert.ThrowsExactlyAsync<EventCopyException>(async () =>
        {
            GoLog.Add(file, 30_000, "last", "1");
            await CopyAsync(source, target, Keep);
        });
        Assert.Contains("the target holds other events, up to version 17051", refused.Message);
        Assert.AreEqual(1, (await CopyAsync(source, target)).Copied);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task Versions_are_not_kept_beside_other_events_which_a_dry_run_says_too(bool toFile)
    {
        using var file = GoLog.Create(20);
        using var other = new SqliteFile();
        await using var source = Source(file);
        await using var sqlite = other.Open();
        IEventCopyTarget target = toFile ? sqlite : Postgres;
        await (toFile ? (IEventStore)sqlite : Events).StoreAsync(Sample.Event("a"));

        foreach (var options in (EventCopyOptions[])[Keep, new() { KeepVersions = true, DryRun = true }])
        {
            var error = await Assert.ThrowsExactlyAsync<EventCopyException>(() => CopyAsync(source, target, options));
            Assert.Contains("the target holds other events, up to version 1.", error.Message);
        }
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task One_that_breaks_off_leaves_nothing_and_begins_again(bool toFile)
    {
        using var file = GoLog.Create(16_000);
        GoLog.Add(file, 20_001, "bad", "{");
        using var other = new SqliteFile();
        await using var source = Source(file);
        await using var sqlite = other.Open();
        IEventCopyTarget target = toFile ? sqlite : Postgres;

        await Assert.ThrowsExactlyAsync<EventCopyException>(() => CopyAsync(source, target, Keep));
        Assert.AreEqual(0, await ((IEventCopySource)target).CountAsync(EventVersion.Zero, new EventVersion(long.MaxValue)));

        file.Run("UPDATE events SET data = '{}' WHERE version = 20001");
        await CopyAsync(source, target, Keep);
        await AssertSameAsync(source, (IEventCopySource)target, sameVersions: true);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task Otherwise_which_became_which_is_recorded(bool toFile)
    {
        using var file = GoLog.Create(1_000);
        using var other = new SqliteFile();
        await using var source = Source(file);
        await using var sqlite = other.Open();
        var (target, store) = toFile ? ((IEventCopyTarget)sqlite, (IEventStore)sqlite) : (Postgres, Events);
        await store.StoreAsync(Sample.Events("before", 5));
        await CopyAsync(source, target);
        await store.StoreAsync(Sample.Events("between", 5));
        using (var connection = file.Connect())
        {
            GoLog.Fill(connection, 1_001, 500);
        }

        await CopyAsync(source, target);

        // By ids, what the runs say.
        var versions = (await ReadAsync((IEventCopySource)target)).ToDictionary(e => e.Id, e => e.Version);
        var mapped = await RunsAsync(toFile ? other : null);
        foreach (var one in await ReadAsync(source))
        {
            var run = mapped.Last(run => run.Source <= one.Version);
            Assert.IsLessThan(run.Source + run.Events, one.Version);
            Assert.AreEqual(versions[one.Id], run.Target + one.Version - run.Source);
        }

        // One for each gap of the source, and not one for each batch or copy.
        Assert.HasCount((1_500 / 13) + 1 + (1_001 % 13 == 0 ? 0 : 1), mapped);
    }

    [TestMethod]
    public async Task A_log_that_only_began_alike_is_copied_from_its_start()
    {
        using var one = GoLog.Create(100);
        using var other = new SqliteFile();
        File.Copy(one.Path, other.Path);
        GoLog.Add(one, 101, "one-101", "1");
        GoLog.Add(one, 102, "one-102", "1");
        GoLog.Add(other, 101, "other-101", "1");
        GoLog.Add(other, 102, "other-102", "1");
        GoLog.Add(other, 103, "other-103", "1");
        await using var first = Source(one);
        await using var second = Source(other);

        await CopyAsync(first, Postgres);
        var result = await CopyAsync(second, Postgres);
        var again = await CopyAsync(second, Postgres);

        Assert.AreEqual((3L, 93L, 0L), (result.Copied, result.AlreadyStored, result.After.Value));
        Assert.AreEqual(new EventVersion(103), again.After);
        Assert.HasCount(98, await ReadAsync(Postgres));
    }

    private async Task<List<VersionRun>> RunsAsync(SqliteFile? file)
    {
        const string Sql = "SELECT source_version || '|' || target_version || '|' || events FROM event_copy_runs ORDER BY source_version";
        List<string> rows;
        if (file is not null)
        {
            rows = file.Rows(Sql);
        }
        else
        {
            await using var connection = await RawSql.ConnectAsync(ConnectionString);
            rows = await connection.ColumnAsync<string>(Sql);
        }

        return [.. rows.Select(row => row.Split('|').Select(long.Parse).ToArray()).Select(row => new VersionRun(row[0], row[1], row[2]))];
    }
}
