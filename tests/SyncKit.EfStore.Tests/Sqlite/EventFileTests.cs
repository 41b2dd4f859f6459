using Microsoft.Data.Sqlite;
using SyncKit.EfStore.Sqlite;
using SyncKit.EfStore.Sqlite.Storage;

namespace SyncKit.EfStore.Tests.Sqlite;

/// <summary>Transactions, cancellation and the end of the file itself.</summary>
[TestClass]
public sealed class EventFileTests
{
    private const string Endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(begun()) FROM n";

    [TestMethod]
    public async Task A_statement_that_would_never_end_ends_when_it_is_cancelled()
    {
        using var on = new SqliteFile();
        await using var file = Open(on);
        foreach (var run in (Func<Func<SqliteConnection, object?>, CancellationToken, Task<object?>>[])[file.ReadAsync, file.WriteAsync])
        {
            using var cancellation = new CancellationTokenSource();
            var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var running = run(
                connection =>
                {
                    connection.CreateFunction("begun", () => begun.TrySetResult());
                    return connection.Rows(Endless, row => row.GetInt64(0));
                },
                cancellation.Token);
            await begun.Task;

            await cancellation.CancelAsync();

            var cancelled = await Assert.ThrowsExactlyAsync<OperationCanceledException>(() => running);
            Assert.AreEqual(cancellation.Token, cancelled.CancellationToken);
        }

        Assert.AreEqual(0, await file.ReadAsync(connection => connection.Rows("SELECT 1 FROM events", _ => 1).Count, CancellationToken.None));
    }

    [TestMethod]
    public async Task A_write_that_throws_is_rolled_back_and_the_lock_is_free()
    {
        using var on = new SqliteFile();
        await using var file = Open(on);

        await Assert.ThrowsExactlyAsync<InvalidOperationException>(() => file.WriteAsync<int>(
            connection =>
            {
                connection.Execute("INSERT INTO events (id, aggregate_id, event_type) VALUES ('a', 'a', 'a')");
                throw new InvalidOperationException();
            },
            CancellationToken.None));

        on.Run("INSERT INTO events (id, aggregate_id, event_type) VALUES ('b', 'b', 'b')");
        CollectionAssert.AreEqual((string[])["b"], on.Rows("SELECT id FROM events"));
    }

    [TestMethod]
    public async Task A_write_cancelled_when_its_work_is_done_is_rolled_back()
    {
        using var on = new SqliteFile();
        await using var file = Open(on);
        using var cancellation = new CancellationTokenSource();

        await Assert.ThrowsAsync<OperationCanceledException>(() => file.WriteAsync(
            connection =>
            {
                var rows = connection.Execute("INSERT INTO events (id, aggregate_id, event_type) VALUES ('a', 'a', 'a')");
                cancellation.Cancel();
                return rows;
            },
            cancellation.Token));

        Assert.IsEmpty(on.Rows("SELECT id FROM events"));
    }

    [TestMethod]
    public async Task A_read_sees_one_state_of_the_file_however_others_write()
    {
        using var on = new SqliteFile();
        await using var file = Open(on);

        var seen = await file.ReadAsync(
            connection =>
            {
                on.Run("INSERT INTO events (id, aggregate_id, event_type) VALUES ('late', 'a', 'a')");
                return connection.Rows("SELECT id FROM events", row => row.GetString(0));
            },
            CancellationToken.None);

        Assert.IsEmpty(seen, "the snapshot was taken after the read had begun");
    }

    [TestMethod]
    public async Task Every_answered_write_is_flushed_to_the_disk()
    {
        using var on = new SqliteFile();
        await using var file = Open(on);

        // 2 is FULL: SQLite flushes the log at each commit.
        Assert.AreEqual(2, await file.WriteAsync(connection => connection.Rows("PRAGMA synchronous", row => row.GetInt32(0))[0], CancellationToken.None));
    }

    [TestMethod]
    public async Task Disposing_waits_for_a_read_under_way()
    {
        using var on = new SqliteFile();
        var file = Open(on);
        using var go = new ManualResetEventSlim();
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var read = file.ReadAsync(
            connection =>
            {
                begun.SetResult();
                go.Wait();
                return connection.Rows("SELECT 1", row => row.GetInt32(0))[0];
            },
            CancellationToken.None);
        await begun.Task;

        var disposal = file.DisposeAsync().AsTask();
        await Assert.ThrowsExactlyAsync<ObjectDisposedException>(() => file.ReadAsync(_ => 1, CancellationToken.None));
        Assert.IsFalse(disposal.IsCompleted);
        go.Set();

        Assert.AreEqual(1, await read);
        await disposal;
        Assert.HasCount(1, Directory.GetFiles(on.Folder));
    }

    private static EventFile Open(SqliteFile on) => new(new SqliteEventStoreOptions { Path = on.Path }, TimeProvider.System);
}
