using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Appending;

/// <summary>What holds within one process holds among several: the database decides.</summary>
[TestClass]
public sealed class AppendProcessesTests
{
    private PostgresDatabase _database = null!;

    [TestInitialize]
    public async Task Open() => _database = await (await TestServer.GetAsync()).CreateDatabaseAsync();

    [TestCleanup]
    public async Task Close() => await _database.DisposeAsync();

    [TestMethod]
    public async Task Two_processes_that_append_exactly_never_both_win()
    {
        const int appends = 300;

        var conflicts = await WriterProcess.RunAsync(2, _database.ConnectionString, "hot", WriterProcess.Exactly, appends);

        // Each of them won so often, and no place was won twice.
        await AssertNoGapAsync(2 * appends);
        Assert.IsGreaterThan(0, conflicts.Sum(), "the processes never met");
    }

    [TestMethod]
    public async Task Four_processes_that_append_any_to_one_stream_never_fail()
    {
        const int appends = 500;

        await WriterProcess.RunAsync(4, _database.ConnectionString, "hot", WriterProcess.Any, appends);

        await AssertNoGapAsync(4 * appends);
    }

    private async Task AssertNoGapAsync(int events)
    {
        await using var store = new TestStore(_database.ConnectionString);
        var stream = await store.Events.LoadAsync(default).ToListAsync();
        CollectionAssert.AreEqual(
            Enumerable.Range(1, events).Select(n => (long)n).ToArray(), stream.Select(e => e.StreamVersion).ToArray(), "gap, double, or out of version order");
        Assert.HasCount(events, stream.Select(e => e.Id).Distinct().ToList());
    }
}
