using System.Text.Json;
using SyncKit.EfStore.Benchmarks.Measuring;
using SyncKit.EfStore.Benchmarks.Reporting;

namespace SyncKit.EfStore.Tests.Benchmarks;

/// <summary>Figures, their limits, and what --check makes of them.</summary>
[TestClass]
public sealed class FigureTests
{
    [TestMethod]
    [DataRow(0.90, true)]
    [DataRow(0.8999, false)]
    [DataRow(1.5, true)]
    [DataRow(double.NaN, false)]
    [DataRow(double.PositiveInfinity, false)]
    public void A_throughput_must_reach_its_limit(double ratio, bool holds) =>
        Assert.AreEqual(holds, Limit.AtLeast(0.90).Holds(ratio));

    [TestMethod]
    [DataRow(1.25, true)]
    [DataRow(1.2501, false)]
    [DataRow(0.5, true)]
    [DataRow(double.NaN, false)]
    public void A_time_must_not_exceed_its_limit(double ratio, bool holds) =>
        Assert.AreEqual(holds, Limit.AtMost(1.25).Holds(ratio));

    [TestMethod]
    public void A_ratio_is_ours_by_theirs_of_the_medians_over_the_rounds()
    {
        var figure = Compare([10, 20, 60], [10, 10, 40], Limit.AtLeast(1.5)).ToFigure("suite");

        Assert.AreEqual((20.0, 10.0, 2.0, true), (figure.Ours, figure.Theirs, figure.Ratio, figure.Holds));
    }

    [TestMethod]
    public void The_median_of_the_rounds_ratios_pairs_round_with_round() =>
        Assert.AreEqual(1.5, Compare([10, 20, 60], [10, 10, 40], Limit.AtLeast(1)).MedianOfRatios);

    [TestMethod]
    public void A_figure_that_measured_nothing_is_refused()
    {
        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Figure.Of("suite", "events/s", 5, 0, "raw", Limit.AtLeast(1)));

        Assert.AreEqual("The suite 'suite' measured 'events/s' as 5 against 0 of raw; both must be above 0.", error.Message);
    }

    [TestMethod]
    public void A_check_fails_where_one_figure_misses_and_names_it()
    {
        var holds = Figure.Of("read", "events/s", 9, 10, "raw", Limit.AtLeast(0.85));
        var misses = Figure.Of("growth", "ms", 4, 3, "50,000 events", Limit.AtMost(1.25));

        Assert.AreEqual(1, FigureCheck.ExitCode([holds, misses]));
        Assert.AreEqual(
            "growth: ms: 1.333 x 50,000 events, must be <= 1.25 (4 against 3)",
            string.Join(' ', FigureCheck.Misses([holds, misses])));
    }

    [TestMethod]
    public void A_check_passes_where_every_figure_holds() =>
        Assert.AreEqual(0, FigureCheck.ExitCode([Figure.Of("read", "events/s", 9, 10, "raw", Limit.AtLeast(0.85))]));

    [TestMethod]
    public void A_check_of_no_figure_fails() => Assert.AreEqual(1, FigureCheck.ExitCode([]));

    [TestMethod]
    public void The_file_lists_every_figure_with_the_names_of_the_contract()
    {
        var file = Path.GetTempFileName();
        try
        {
            JsonFile.Write(file, [Figure.Of("growth", "ms", 3, 2, "50,000 events", Limit.AtMost(1.25))]);

            using var json = JsonDocument.Parse(File.ReadAllText(file));
            var expected = JsonDocument.Parse(
                """[{"suite": "growth", "figure": "ms", "ours": 3, "theirs": 2, "contender": "50,000 events", "ratio": 1.5, "must": "<= 1.25", "holds": false}]""");
            Assert.IsTrue(JsonElement.DeepEquals(expected.RootElement, json.RootElement), json.RootElement.ToString());
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static Comparison Compare(double[] ours, double[] theirs, Limit must) =>
        new("events/s", new Series("append", "ours", "events/s", ours), new Series("append", "raw", "events/s", theirs), must);
}
