using SyncKit.EfStore.Stress.Checking;

namespace SyncKit.EfStore.Tests.Stress;

/// <summary>A check that finds each fault it is there for.</summary>
[TestClass]
public sealed class DeliveryCheckTests
{
    private static readonly CommittedEvent[] Log =
    [
        new(2, "a", 1),
        new(3, "b", 1),
        new(5, "a", 2),
        new(8, "b", 2),
    ];

    [TestMethod]
    [DataRow(new long[] { 2, 3, 5, 8 }, 0, 0, 0, 0)]
    [DataRow(new long[] { 2, 5, 8 }, 1, 0, 0, 0)]
    [DataRow(new long[] { }, 4, 0, 0, 0)]
    [DataRow(new long[] { 2, 3, 3, 5, 8, 2 }, 0, 2, 0, 0)]
    [DataRow(new long[] { 3, 2, 5, 8 }, 0, 0, 1, 0)]
    [DataRow(new long[] { 8, 2, 3, 5 }, 0, 0, 3, 0)]
    [DataRow(new long[] { 2, 3, 4, 5, 8, 9 }, 0, 0, 0, 2)]
    [DataRow(new long[] { 8, 7, 2, 2 }, 2, 1, 1, 1)]
    public void By_version_every_fault_is_counted(long[] delivered, int lost, int doubled, int inverted, int invented)
    {
        var verdict = DeliveryCheck.Check(Log, delivered, DeliveryOrder.ByVersion);

        Assert.AreEqual(new Verdict(delivered.Length, lost, doubled, inverted, invented), verdict);
        Assert.AreEqual(lost + doubled + inverted + invented == 0, verdict.IsExact);
    }

    [TestMethod]
    [DataRow(new long[] { 3, 8, 2, 5 }, 0)]
    [DataRow(new long[] { 3, 2, 8, 5 }, 0)]
    [DataRow(new long[] { 5, 2, 3, 8 }, 1)]
    [DataRow(new long[] { 8, 5, 3, 2 }, 2)]
    public void By_stream_only_the_order_within_a_stream_counts(long[] delivered, int inverted) =>
        Assert.AreEqual(new Verdict(4, 0, 0, inverted, 0), DeliveryCheck.Check(Log, delivered, DeliveryOrder.ByStream));
}
