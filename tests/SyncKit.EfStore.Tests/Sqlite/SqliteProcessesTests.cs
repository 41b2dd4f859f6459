namespace SyncKit.EfStore.Tests.Sqlite;

[TestClass]
public sealed class SqliteProcessesTests
{
    [TestMethod]
    public async Task Processes_that_append_to_one_stream_lose_nothing_and_leave_no_gap()
    {
        const int each = 60;
        using var file = new SqliteFile();

        // Two processes find no file and make it at the same time; this one appends meanwhile.
        using var one = SqliteWriterProcess.Start(file.Path, "a", each);
        using var other = SqliteWriterProcess.Start(file.Path, "a", each);
        await using var store = file.Open();
        for (var i = 0; i < each; i++)
        {
            await store.StoreAsync(Sample.Event("a", i));
        }

        foreach (var process in (System.Diagnostics.Process[])[one, other])
        {
            var error = await process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            Assert.AreEqual(0, process.ExitCode, error);
        }

        var stored = await store.LoadByAggregateAsync("a").ToListAsync();
        CollectionAssert.AreEqual(Enumerable.Range(1, 3 * each).Select(i => (long)i).ToArray(), stored.Select(e => e.StreamVersion).ToArray());
        CollectionAssert.AreEqual(Enumerable.Range(1, 3 * each).Select(i => (long)i).ToArray(), stored.Select(e => e.Version.Value).ToArray());
    }

    [TestMethod]
    public async Task What_a_process_was_answered_before_it_was_killed_is_there_and_nothing_by_halves()
    {
        using var file = new SqliteFile();
        using var writer = SqliteWriterProcess.Start(file.Path, "a", appends: 0);
        var answered = new List<string>();
        for (var i = 0; i < 20; i++)
        {
            answered.AddRange((await writer.StandardOutput.ReadLineAsync())!.Split(' '));
        }

        writer.Kill();
        await writer.WaitForExitAsync();
        answered.AddRange((await writer.StandardOutput.ReadToEndAsync()).Split('\n')[..^1].SelectMany(line => line.Split(' ')));

        await using var store = file.Open();
        var stored = await store.LoadAsync(EventVersion.Zero).ToListAsync();
        CollectionAssert.AreEqual(answered, stored.Take(answered.Count).Select(e => e.Id).ToList());
        Assert.AreEqual(0, stored.Count % 3, "an append was stored by halves");
        Assert.AreEqual(stored.Count + 1, (await store.StoreAsync(Sample.Event("a"))).StreamVersion);
    }
}
