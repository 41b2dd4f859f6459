using SyncKit.EfStore.Stress.Faults;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Stress;

/// <summary>The faults run tells a handler that survives from one that does not. A server of its own, because it is crashed.</summary>
[TestClass]
public sealed class FaultsRunTests
{
    private const int Faults = 40;

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task A_handler_is_exact_if_its_effects_and_its_checkpoint_are_one_transaction_and_not_otherwise(bool oneTransaction)
    {
        await using var server = await TestServer.StartOwnAsync(TestContext.CancellationToken);
        await using var target = new ByHandTarget(oneTransaction);

        var result = await new FaultsRun(Faults, seed: 20_261_123).RunAsync(server, target, new Progress<FaultKind>(), TestContext.CancellationToken);

        Assert.AreEqual(oneTransaction, result.IsExact, result.ToString());
        Assert.AreEqual(result.Last, result.Checkpoint, result.ToString()); // the careless one gets there too, and does not know what it did
        Assert.AreEquivalent(FaultsRun.Mix(Faults), result.Faults.Injected.ToDictionary());
        Assert.IsGreaterThan(10, result.Events);
    }

    [TestMethod]
    public async Task A_named_subscription_with_a_context_is_exact()
    {
        await using var server = await TestServer.StartOwnAsync(TestContext.CancellationToken);
        await using var target = new NamedTarget();

        var result = await new FaultsRun(Faults, seed: 20_261_124).RunAsync(server, target, new Progress<FaultKind>(), TestContext.CancellationToken);

        Assert.IsTrue(result.IsExact, result.ToString());
        Assert.IsGreaterThan(10, result.Events);
    }

    [TestMethod]
    public void A_thousand_faults_are_those_that_were_asked_for() =>
        Assert.AreEquivalent(
            new Dictionary<FaultKind, int>
            {
                [FaultKind.TerminateBackend] = 600,
                [FaultKind.CutConnections] = 300,
                [FaultKind.SilenceConnections] = 80,
                [FaultKind.CrashServer] = 20,
            },
            FaultsRun.Mix(1_000));
}
