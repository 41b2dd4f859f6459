using System.Text.Json;
using SyncKit.EfStore.Cli.Stats;

namespace SyncKit.EfStore.Tests.Cli;

[TestClass]
public sealed class StatsCommandTests : CliDatabase
{
    [TestMethod]
    public async Task A_small_log_is_counted_whole()
    {
        await FillAsync(
            """
            SELECT n::text, 's' || n % 3, 'T' || n % 2, now() - interval '1 day' * (n % 3), 1 + n / 3 FROM generate_series(0, 98) AS n
            """);
        await using (var connection = await RawSql.ConnectAsync(ConnectionString))
        {
            await connection.RunAsync("INSERT INTO event_subscriptions (name, checkpoint) VALUES ('invoices', 90)");
        }

        var run = await RunAsync("stats", "--json", "--top", "1");

        Assert.AreEqual(0, run.ExitCode, run.Error);
        using var document = JsonDocument.Parse(run.Lines.Single());
        var log = document.RootElement;
        Assert.AreEqual(
            (99L, false, 99L),
            (Number(log, "events", "count"), log.GetProperty("events").GetProperty("estimated").GetBoolean(), Number(log, "events", "newest_version")));
        Assert.AreEqual((3L, 2L), (Number(log, "streams", "count"), Number(log, "types", "count")));
        Assert.AreEqual("""[{"event_type":"T0","events":50}]""", log.GetProperty("types").GetProperty("most").GetRawText());
        Assert.AreEqual("""[{"aggregate_id":"s0","events":33}]""", log.GetProperty("streams").GetProperty("longest").GetRawText());
        var days = log.GetProperty("rates").GetProperty("days").EnumerateArray().Select(day => day.GetProperty("events").GetInt64()).ToArray();
        Assert.HasCount(14, days);
        CollectionAssert.AreEqual(new[] { 33L, 33, 33 }, days[^3..]);
        Assert.AreEqual(24, log.GetProperty("rates").GetProperty("hours").GetArrayLength());
        Assert.IsGreaterThan(0, log.GetProperty("bytes").GetProperty("indexes").GetProperty("events_pkey").GetInt64());
        Assert.AreEqual(
            """[{"name":"invoices","status":"stopped","checkpoint":90,"lag":9,"parked":0}]""", log.GetProperty("subscriptions").GetRawText());
    }

    [TestMethod]
    public async Task People_get_tables_and_charts_without_escape_sequences_in_a_pipe()
    {
        await FillAsync("SELECT n::text, 's', E'\\x1b[31mRed', now(), n FROM generate_series(1, 20) AS n");

        var run = await RunAsync("stats");

        Assert.AreEqual(0, run.ExitCode, run.Error);
        foreach (var expected in new[] { "events", "20", "Events by type", "\uFFFD[31mRed", "Longest streams", "Events per hour, UTC", "idx_events_aggregate_id" })
        {
            Assert.Contains(expected, run.Output);
        }

        Assert.DoesNotContain("\u001b", run.Output);
    }

    [TestMethod]
    public async Task An_empty_log_has_nothing_and_that_is_no_failure()
    {
        var json = await RunAsync("stats", "--json");
        var table = await RunAsync("stats");

        Assert.AreEqual((0, 0), (json.ExitCode, table.ExitCode), json.Error + table.Error);
        using var document = JsonDocument.Parse(json.Lines.Single());
        Assert.AreEqual(0L, Number(document.RootElement, "events", "count"));
        Assert.DoesNotContain("no time", table.Output);
    }

    [TestMethod]
    public async Task A_large_log_is_estimated_closely_whatever_the_rhythm_of_its_writers_and_its_gaps()
    {
        // Two types by turns, every fifth version lost, ten long streams and a thousand short ones.
        await FillAsync(
            """
            SELECT n::text, CASE WHEN n <= 36000 THEN 'long' || n % 10 ELSE 'short' || n % 1000 END, 'T' || n % 2, now() - interval '1 minute' * ((40000 - n) / 20),
                CASE WHEN n <= 36000 THEN 1 + (n - 1) / 10 ELSE 1 + (n - 36001) / 1000 END
            FROM generate_series(1, 40000) AS n
            """,
            "(n * 5 + 3) / 4");
        await using var connection = await RawSql.ConnectAsync(ConnectionString);
        var reader = new StatisticsReader(connection, 3) { SampleSize = 5_000, SmallTable = 0 };

        var estimated = await reader.ReadAsync(exact: false, [], CancellationToken.None);
        var exact = await reader.ReadAsync(exact: true, [], CancellationToken.None);

        Assert.AreEqual((false, 40_000L, 1_010L, 2), (exact.Estimated, exact.Events, exact.Streams, exact.TypeCount));
        Assert.AreEqual((true, 2), (estimated.Estimated, estimated.TypeCount));

        // Ten standard deviations of such a sample: it fails where the estimate is wrong, not by chance.
        Near(40_000, estimated.Events, 0.1);
        Near(20_000, estimated.Types[0].Events, 0.2);
        Near(1_010, estimated.Streams, 0.9);
        Near(exact.Rates.Days.Sum(day => day.Events), estimated.Rates.Days.Sum(day => day.Events), 0.15);
        Assert.IsTrue(estimated.LongestStreams.All(stream => stream.Events == 3_600));
        Assert.AreEqual(exact.Sizes.Table, estimated.Sizes.Table);
        Assert.AreEqual((exact.First, exact.Last), (estimated.First, estimated.Last));
    }

    [TestMethod]
    [DataRow("0")]
    [DataRow("1001")]
    [DataRow("many")]
    public async Task A_number_of_rows_that_cannot_be_is_wrong_usage(string top)
    {
        var run = await RunAsync("stats", "--top", top);

        Assert.AreEqual((2, ""), (run.ExitCode, run.Output));
        Assert.StartsWith($"synckit: --top must be a whole number from 1 to 1000; it is '{top}'.", run.Error);
    }

    private static void Near(long expected, long actual, double tolerance) =>
        Assert.IsLessThanOrEqualTo(expected * tolerance, Math.Abs(expected - actual), $"{actual} is not near {expected}.");

    private static long Number(JsonElement log, string group, string name) => log.GetProperty(group).GetProperty(name).GetInt64();

    /// <param name="rows">SQL for id, aggregate_id, event_type, created_at and stream_version.</param>
    /// <param name="version">The version of row n, from 1.</param>
    private async Task FillAsync(string rows, string version = "n")
    {
        await using var connection = await RawSql.ConnectAsync(ConnectionString);
        await connection.RunAsync($"""
            INSERT INTO events (version, id, aggregate_id, event_type, created_at, stream_version)
            SELECT {version}, id, aggregate_id, event_type, created_at, stream_version
            FROM (SELECT row_number() OVER () AS n, * FROM ({rows}) AS given (id, aggregate_id, event_type, created_at, stream_version)) AS numbered
            """);
        await connection.RunAsync("SELECT setval('events_version_seq', (SELECT max(version) FROM events))");
    }
}
