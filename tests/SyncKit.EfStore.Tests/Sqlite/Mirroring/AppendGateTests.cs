using SyncKit.EfStore.Sqlite.Mirroring;

namespace SyncKit.EfStore.Tests.Sqlite.Mirroring;

[TestClass]
public sealed class AppendGateTests
{
    [TestMethod]
    public async Task Closing_waits_for_those_within_and_those_outside_wait_until_it_is_open()
    {
        var gate = new AppendGate();
        await gate.EnterAsync(CancellationToken.None);
        await gate.EnterAsync(CancellationToken.None);

        var closing = gate.CloseAsync(CancellationToken.None);
        var outside = gate.EnterAsync(CancellationToken.None).AsTask();
        gate.Leave();
        Assert.IsFalse(closing.IsCompleted);
        Assert.IsFalse(outside.IsCompleted);
        gate.Leave();
        await closing;
        Assert.IsFalse(outside.IsCompleted);

        gate.Open();
        await outside;
        gate.Leave();
        Assert.IsTrue(gate.CloseAsync(CancellationToken.None).IsCompletedSuccessfully);
    }

    [TestMethod]
    public async Task A_close_that_is_given_up_lets_everybody_in_again()
    {
        var gate = new AppendGate();
        await gate.EnterAsync(CancellationToken.None);
        using var giveUp = new CancellationTokenSource();
        var closing = gate.CloseAsync(giveUp.Token);
        var outside = gate.EnterAsync(CancellationToken.None).AsTask();
        await giveUp.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => closing);

        gate.Open();
        await outside;
        gate.Leave();
        gate.Leave();
        Assert.IsTrue(gate.CloseAsync(CancellationToken.None).IsCompletedSuccessfully);
    }

    [TestMethod]
    public async Task Who_waits_outside_can_be_cancelled()
    {
        var gate = new AppendGate();
        await gate.CloseAsync(CancellationToken.None);
        using var giveUp = new CancellationTokenSource();
        var outside = gate.EnterAsync(giveUp.Token).AsTask();
        await giveUp.CancelAsync();

        await Assert.ThrowsAsync<OperationCanceledException>(() => outside);
        gate.Open();
        await gate.EnterAsync(CancellationToken.None);
    }
}
