using System.Diagnostics;
using System.Globalization;
using SyncKit.EfStore.Sqlite;
using SyncKit.EfStore.Tests.Sqlite;

namespace SyncKit.EfStore.Tests.Copying;

[TestClass]
public sealed class CopyRoundTripTests : CopyDatabase
{
    // By hand: SYNCKIT_COPY_EVENTS=200000.
    private static readonly int Count = int.Parse(Environment.GetEnvironmentVariable("SYNCKIT_COPY_EVENTS") ?? "6000", CultureInfo.InvariantCulture);

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task Everything_in_a_Go_file_comes_through_PostgreSQL_into_a_new_file(bool origins)
    {
        using var file = GoLog.Create(Count, origins);
        using var other = new SqliteFile();
        await using var source = Source(file);
        await using var back = other.Open();
        var begun = Stopwatch.StartNew();

        var there = await CopyAsync(source, Postgres);
        TestContext.WriteLine($"SQLite to PostgreSQL: {there}, {there.Copied / begun.Elapsed.TotalSeconds:0} events/s");
        begun.Restart();
        var backAgain = await CopyAsync(Postgres, back);
        TestContext.WriteLine($"PostgreSQL to SQLite: {backAgain}, {backAgain.Copied / begun.Elapsed.TotalSeconds:0} events/s");

        Assert.AreEqual(Count - (Count / 13), there.Copied);
        Assert.AreEqual((there.Copied, 0, 0), (backAgain.Copied, backAgain.AlreadyStored, backAgain.Rejected));
        await AssertSameAsync(source, Postgres);
        await AssertSameAsync(source, back);
        foreach (var copied in (IEventCopySource[])[Postgres, back])
        {
            var compared = await EventVerifier.VerifyAsync(source, copied);
            Assert.IsTrue(compared.IsEqual, string.Join('\n', compared.First));
        }

        await AssertStreamsAreWholeAsync();

        // A Go service finds the schema it makes itself, the columns of origins where they are used.
        var columns = other.Rows("SELECT name FROM pragma_table_info('events')");
        Assert.AreEqual(origins, columns.Contains("origin_node"));
        Assert.AreEqual("0", other.Rows("SELECT count(*) FROM events WHERE json_valid(data) = 0")[0]);
    }

    [TestMethod]
    public async Task A_file_is_copied_into_a_file()
    {
        using var file = GoLog.Create(3_000, origins: true);
        using var other = new SqliteFile();
        await using var source = Source(file);
        await using var target = other.Open();

        await CopyAsync(source, target);

        // To the letter, since both keep JSON as it is.
        var (ones, others) = (await ReadAsync(source), await ReadAsync(target));
        CollectionAssert.AreEqual(ones.Select(e => $"{e.Data}|{e.Metadata}").ToList(), others.Select(e => $"{e.Data}|{e.Metadata}").ToList());
        await AssertSameAsync(source, target);
    }

    [TestMethod]
    public async Task What_was_appended_in_between_is_all_that_the_next_copy_brings()
    {
        using var file = GoLog.Create(500);
        await using (var source = Source(file))
        {
            await CopyAsync(source, Postgres);
        }

        using (var connection = file.Connect())
        {
            GoLog.Fill(connection, 501, 100);
        }

        // The file has another place by now.
        var moved = Path.Combine(file.Folder, "moved.db");
        File.Move(file.Path, moved);
        await using var later = new SqliteEventStore(new SqliteEventStoreOptions { Path = moved, ReadOnly = true });
        var second = await CopyAsync(later, Postgres);
        var third = await CopyAsync(later, Postgres);

        Assert.AreEqual(new EventCopyResult(92, 0, 0, new EventVersion(500), new EventVersion(600)), second);
        Assert.AreEqual(new EventCopyResult(0, 0, 0, new EventVersion(600), new EventVersion(600)), third);
        await AssertSameAsync(later, Postgres);
    }

    [TestMethod]
    public async Task Events_go_back_to_where_they_came_from_without_doubling()
    {
        using var file = GoLog.Create(300);
        await using var sqlite = file.Open();
        await CopyAsync(sqlite, Postgres);
        await Events.StoreAsync(Sample.Events("stream/1", 5));

        var back = await CopyAsync(Postgres, sqlite);
        var again = await CopyAsync(sqlite, Postgres);

        Assert.AreEqual((5L, 277L), (back.Copied, back.AlreadyStored));
        Assert.AreEqual((0L, 5L), (again.Copied, again.AlreadyStored));
        await AssertSameAsync(sqlite, Postgres);
    }

    [TestMethod]
    public async Task A_target_with_other_events_keeps_them_and_numbers_streams_on()
    {
        await Events.StoreAsync(Sample.Events("stream/7", 3));
        using var file = GoLog.Create(400);
        await using var source = Source(file);

        await CopyAsync(source, Postgres);

        var all = await ReadAsync(Postgres);
        Assert.HasCount(3 + 370, all);
        await AssertStreamsAreWholeAsync();
    }

    [TestMethod]
    public async Task Frames_that_another_process_has_not_committed_are_not_copied_and_a_writer_goes_on_meanwhile()
    {
        using var file = GoLog.Create(2_000);
        using var open = file.Connect();
        SqliteFile.Run(open, "PRAGMA wal_autocheckpoint = 0; BEGIN IMMEDIATE");
        SqliteFile.Run(open, "INSERT INTO events (id, aggregate_id, event_type, data) SELECT 'open-' || value, 's', 'T', '1' FROM generate_series_of"
            .Replace("generate_series_of", "(WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 5000) SELECT value FROM n)", StringComparison.Ordinal));
        await using (var source = Source(file))
        {
            var result = await CopyAsync(source, Postgres);
            Assert.AreEqual(2_000 - 153, result.Copied);
            SqliteFile.Run(open, "ROLLBACK");
        }

        // Now a process appends all the time.
        using var writer = SqliteWriterProcess.Start(file.Path, "busy", appends: 0);
        await writer.StandardOutput.ReadLineAsync();
        var drained = writer.StandardOutput.ReadToEndAsync();
        await using (var source = Source(file))
        {
            for (var i = 0; i < 5; i++)
            {
                await CopyAsync(source, Postgres);
            }

            writer.Kill();
            await writer.WaitForExitAsync();
            await drained;
            await CopyAsync(source, Postgres);
            await AssertSameAsync(source, Postgres);
        }
    }
}
