using SyncKit.EfStore.Stress.Soak;

namespace SyncKit.EfStore.Tests.Stress;

/// <summary>What grows is told from what only wavers.</summary>
[TestClass]
public sealed class TrendTests
{
    [TestMethod]
    public void A_figure_that_wavers_is_flat()
    {
        var trend = Trend.Of(Figures(120, minute => 100 + (10 * Math.Sin(minute))), slack: 0);

        Assert.IsTrue(trend.IsFlat);
        Assert.AreEqual(0, trend.PerHour, 5);
    }

    [TestMethod]
    public void A_figure_that_doubles_in_two_hours_is_not_and_its_slope_is_told()
    {
        var trend = Trend.Of(Figures(120, minute => 100 + (minute * 50 / 60.0)), slack: 0);

        Assert.IsFalse(trend.IsFlat);
        Assert.AreEqual(50, trend.PerHour, 0.001);
        Assert.IsGreaterThan(trend.First, trend.Last);
    }

    [TestMethod]
    public void Growth_within_the_slack_says_nothing_and_growth_beyond_it_does()
    {
        Assert.IsTrue(Trend.Of(Figures(60, minute => minute < 30 ? 1 : 4), slack: 3).IsFlat);
        Assert.IsFalse(Trend.Of(Figures(60, minute => minute < 30 ? 1 : 4), slack: 2).IsFlat);
    }

    [TestMethod]
    public void Neither_the_start_nor_one_peak_decides()
    {
        Assert.IsFalse(Trend.Of(Figures(100, minute => minute < 8 ? 1_000 : minute), slack: 0).IsFlat); // a high start hides no growth
        Assert.IsTrue(Trend.Of(Figures(100, minute => minute == 95 ? 1_000 : 50), slack: 0).IsFlat);
    }

    private static List<(TimeSpan At, double Value)> Figures(int minutes, Func<int, double> value) =>
        [.. Enumerable.Range(0, minutes).Select(minute => (TimeSpan.FromMinutes(minute), value(minute)))];
}
