using SyncKit.EfStore.Ordering;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Ordering;

/// <summary>A standby cannot tell what its primary still has open, and one that is promoted may lack what the primary had told.</summary>
[TestClass]
public sealed class StandbyTests
{
    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    public async Task A_standby_is_refused_until_it_is_promoted_and_what_it_lacks_then_is_named()
    {
        var cancellation = TestContext.CancellationToken;
        await using var primary = await TestServer.StartOwnAsync(cancellation);
        await using var database = await primary.CreateDatabaseAsync(cancellation);
        await using var store = new TestStore(database.ConnectionString);
        await store.Events.StoreAsync(Sample.Event("a"), cancellation);
        await using var standby = await StandbyCluster.CopyAsync(primary.ConnectionString, cancellation);
        await standby.StartAsync(cancellation);
        var address = standby.Address(database.ConnectionString);

        await using var onStandby = new SettledStore(address);
        var read = await Assert.ThrowsExactlyAsync<EventStoreUnavailableException>(() => onStandby.Events.GetLatestVersionAsync(cancellation));
        var append = await Assert.ThrowsExactlyAsync<EventStoreUnavailableException>(
            () => onStandby.Events.StoreAsync(Sample.Event("b"), cancellation));
        Assert.AreEqual((UnavailableReason.StandbyServer, UnavailableReason.StandbyServer), (read.Reason, append.Reason));
        Assert.Contains("is a standby", read.Message);
        Assert.Contains("Connect to the primary", read.Message);

        await standby.StopAsync(cancellation);
        var last = await store.Events.StoreAsync(Sample.Event("not replicated"), cancellation);
        LogPosition kept;
        await using (var connection = await RawSql.ConnectAsync(database.ConnectionString))
        {
            kept = await LogPositionCheck.ReadAsync(connection, last.Version.Value, cancellation);
        }

        await primary.StopAsync(ServerShutdown.Immediate, cancellation);
        await standby.StartAsync(cancellation);
        await standby.PromoteAsync(cancellation);

        await using var promoted = await RawSql.ConnectAsync(address);
        await promoted.RunAsync("CHECKPOINT"); // writes the timeline down
        var error = await Assert.ThrowsExactlyAsync<LogRewoundException>(() => LogPositionCheck.VerifyAsync(promoted, kept, cancellation));
        Assert.Contains("A standby was promoted meanwhile (timeline 2 instead of 1)", error.Message);
        await using var onPromoted = new SettledStore(address);
        Assert.AreEqual("a", await onPromoted.IdsAsync(EventVersion.Zero));
    }
}
