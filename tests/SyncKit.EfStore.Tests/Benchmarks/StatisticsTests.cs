using SyncKit.EfStore.Benchmarks.Measuring;

namespace SyncKit.EfStore.Tests.Benchmarks;

/// <summary>The arithmetic under every figure.</summary>
[TestClass]
public sealed class StatisticsTests
{
    [TestMethod]
    [DataRow(new[] { 3.0 }, 3.0)]
    [DataRow(new[] { 9.0, 1.0, 2.0 }, 2.0)]
    [DataRow(new[] { 9.0, 1.0, 2.0, 4.0 }, 3.0)]
    public void The_median_is_the_middle_of_the_sorted_values(double[] values, double median) =>
        Assert.AreEqual(median, Statistics.Median(values));

    [TestMethod]
    public void A_median_of_nothing_is_refused() =>
        Assert.ThrowsExactly<ArgumentException>(() => Statistics.Median([]));

    [TestMethod]
    [DataRow(0.50, 50.0)]
    [DataRow(0.99, 99.0)]
    [DataRow(0.991, 100.0)]
    [DataRow(1.00, 100.0)]
    [DataRow(0.001, 1.0)]
    public void A_percentile_is_the_value_that_so_many_do_not_exceed(double share, double expected) =>
        Assert.AreEqual(expected, Statistics.Percentile([.. Enumerable.Range(1, 100).Select(value => (double)value)], share));

    [TestMethod]
    [DataRow(0.0)]
    [DataRow(1.01)]
    [DataRow(double.NaN)]
    public void A_share_that_is_none_is_refused(double share) =>
        Assert.ThrowsExactly<ArgumentException>(() => Statistics.Percentile([1], share));
}
