using Npgsql;
using SyncKit.EfStore.Cli.Hosting;

namespace SyncKit.EfStore.Cli.Stats;

/// <summary>
/// Counts a log. A large one is sampled: the versions are cut into equal strata, and of each one version is looked up, at random, so that no
/// rhythm of the writers matters; those that are there stand for as many events as a stratum is long. Takes 20,000 look-ups in the primary key,
/// whatever the size. Owned by one task.
/// </summary>
internal sealed class StatisticsReader(NpgsqlConnection connection, int top)
{
    internal const int Hours = 24;
    internal const int Days = 14;

    // One pass gives all: the whole, by type, by hour, by day.
    private const string CountSql = """
        SELECT
            GROUPING(event_type, hour, day),
            event_type,
            coalesce(hour, day),
            count(*),
            count(*) FILTER (WHERE stream_version = 1),
            min(version) FILTER (WHERE day IS NOT NULL)
        FROM (
            SELECT version, event_type, stream_version, created_at,
                CASE WHEN created_at >= $1 THEN date_trunc('hour', created_at, 'UTC') END AS hour,
                CASE WHEN created_at >= $2 THEN date_trunc('day', created_at, 'UTC') END AS day
            FROM {0}
        ) AS counted
        GROUP BY GROUPING SETS ((), (event_type), (hour), (day))
        """;

    private const string SampleSql = """
        (
            WITH picked AS MATERIALIZED (
                SELECT $3 + stratum * $5 + floor(random() * $5)::bigint AS version FROM generate_series(0, ($4 - $3) / $5) AS stratum)
            SELECT version, aggregate_id, event_type, stream_version, created_at FROM picked JOIN events USING (version)
        ) AS sample
        """;

    private const string LongestSql = """
        SELECT aggregate_id, max(stream_version) FROM events GROUP BY aggregate_id ORDER BY 2 DESC, 1 LIMIT $1
        """;

    // Of the streams that the sample met far from their beginnings, how long each is today.
    private const string LongestOfSampleSql = $"""
        SELECT aggregate_id, longest
        FROM (SELECT aggregate_id FROM {SampleSql} GROUP BY aggregate_id ORDER BY max(stream_version) DESC LIMIT $1 * 10 + $2) AS candidate
        CROSS JOIN LATERAL (
            SELECT stream_version AS longest FROM events WHERE events.aggregate_id = candidate.aggregate_id ORDER BY stream_version DESC LIMIT 1
        ) AS length
        ORDER BY longest DESC, aggregate_id
        LIMIT $1
        """;

    private const string EndsSql = """
        SELECT
            coalesce((SELECT version FROM events ORDER BY version LIMIT 1), 0),
            coalesce((SELECT version FROM events ORDER BY version DESC LIMIT 1), 0),
            pg_relation_size('events'),
            pg_table_size('events') - pg_relation_size('events'),
            clock_timestamp(),
            (SELECT created_at FROM events ORDER BY version LIMIT 1),
            (SELECT created_at FROM events ORDER BY version DESC LIMIT 1)
        """;

    private const string IndexesSql = """
        SELECT indexrelid::regclass::text, pg_relation_size(indexrelid) FROM pg_index WHERE indrelid = 'events'::regclass ORDER BY 2 DESC, 1
        """;

    /// <summary>So many versions are looked up for an estimate.</summary>
    internal long SampleSize { get; init; } = 20_000;

    /// <summary>A table up to this size is counted whole: that is done in a moment.</summary>
    internal long SmallTable { get; init; } = 64 * 1024 * 1024;

    /// <summary>Reads it all.</summary>
    /// <param name="exact">Count every event, whatever it takes.</param>
    /// <param name="subscriptions">To be part of the answer.</param>
    /// <param name="cancellationToken">Ends it, at the server too.</param>
    internal async Task<LogStatistics> ReadAsync(bool exact, IReadOnlyList<SubscriptionInfo>? subscriptions, CancellationToken cancellationToken)
    {
        var ends = (await QueryAsync(
            EndsSql,
            reader => (
                First: reader.GetInt64(0), Last: reader.GetInt64(1), Table: reader.GetInt64(2), Toast: reader.GetInt64(3), Now: reader.GetDateTime(4),
                FirstAt: Instant(reader, 5), LastAt: Instant(reader, 6)),
            cancellationToken))[0];
        var (hours, days) = (
            new DateTime(ends.Now.Year, ends.Now.Month, ends.Now.Day, ends.Now.Hour, 0, 0, DateTimeKind.Utc).AddHours(1 - Hours),
            ends.Now.Date.AddDays(1 - Days));
        var whole = new Stretch(ends.First, ends.Last, SampleSize);
        var sampled = !exact && ends.Table > SmallTable && whole.Step > 1;
        var counts = await CountAsync(sampled ? whole : null, hours, days, cancellationToken);
        var recent = sampled ? await CountAsync(Recent(whole, counts), hours, days, cancellationToken) : counts;
        return new LogStatistics
        {
            Estimated = sampled,
            Events = counts.Events,
            Streams = counts.Streams,
            NewestVersion = ends.Last,
            First = ends.FirstAt,
            Last = ends.LastAt,
            Sizes = new LogSizes(
                ends.Table, ends.Toast, await QueryAsync(IndexesSql, reader => (reader.GetString(0), reader.GetInt64(1)), cancellationToken)),
            Types = [.. counts.Types.OrderByDescending(type => type.Events).ThenBy(type => type.Name, StringComparer.Ordinal).Take(top)],
            TypeCount = counts.Types.Count,
            LongestStreams = await LongestAsync(sampled ? whole : null, cancellationToken),
            Rates = new LogRates(
                recent.Step > 1,
                [.. Enumerable.Range(0, Hours).Select(n => hours.AddHours(n)).Select(from => (from, recent.Hours.GetValueOrDefault(from)))],
                [.. Enumerable.Range(0, Days).Select(n => days.AddDays(n)).Select(from => (from, recent.Days.GetValueOrDefault(from)))]),
            Subscriptions = subscriptions,
        };
    }

    /// <summary>The end of the log that holds the last days, as far as a sample of the whole shows; with a stratum before it, to be safe.</summary>
    private Stretch Recent(Stretch whole, Counts counts) =>
        new(Math.Max(whole.First, (counts.FirstRecent ?? whole.Last) - whole.Step), whole.Last, SampleSize);

    private async Task<Counts> CountAsync(Stretch? sample, DateTime hours, DateTime days, CancellationToken cancellationToken)
    {
        var step = sample?.Step ?? 1;
        var counts = new Counts { Step = step };
        var rows = await QueryAsync(
            CountSql.Replace("{0}", sample is null ? "events" : SampleSql, StringComparison.Ordinal),
            reader => (
                Grouped: reader.GetInt32(0),
                Type: reader.IsDBNull(1) ? null : reader.GetString(1),
                From: reader.IsDBNull(2) ? (DateTime?)null : reader.GetDateTime(2),
                Events: reader.GetInt64(3) * step,
                Streams: reader.GetInt64(4) * step,
                FirstRecent: reader.IsDBNull(5) ? (long?)null : reader.GetInt64(5)),
            cancellationToken,
            sample is null ? [hours, days] : [hours, days, sample.First, sample.Last, sample.Step]);
        foreach (var row in rows)
        {
            // A bit for each column that a row is not grouped by: type, hour, day.
            switch (row.Grouped)
            {
                case 0b111:
                    (counts.Events, counts.Streams, counts.FirstRecent) = (row.Events, row.Streams, row.FirstRecent);
                    break;
                case 0b011:
                    counts.Types.Add((row.Type!, row.Events));
                    break;
                case 0b101 when row.From is { } hour:
                    counts.Hours[hour] = row.Events;
                    break;
                case 0b110 when row.From is { } day:
                    counts.Days[day] = row.Events;
                    break;
            }
        }

        return counts;
    }

    private Task<List<(string AggregateId, long Events)>> LongestAsync(Stretch? sample, CancellationToken cancellationToken) => sample is null
        ? QueryAsync(LongestSql, reader => (reader.GetString(0), reader.GetInt64(1)), cancellationToken, (long)top)
        : QueryAsync(
            LongestOfSampleSql,
            reader => (reader.GetString(0), reader.GetInt64(1)),
            cancellationToken,
            (long)top,
            100L,
            sample.First,
            sample.Last,
            sample.Step);

    // A count takes what it takes; Ctrl-C ends it.
    private Task<List<T>> QueryAsync<T>(string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken, params object[] values) =>
        connection.QueryAsync(sql, read, timeout: 0, values, cancellationToken);

    private static DateTimeOffset? Instant(NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);

    /// <summary>Versions from first to last, cut into strata of so many.</summary>
    private sealed record Stretch(long First, long Last, long SampleSize)
    {
        internal long Step => Math.Max(1, (Last - First) / SampleSize);
    }

    private sealed class Counts
    {
        internal required long Step { get; init; }

        internal long Events { get; set; }

        internal long Streams { get; set; }

        internal long? FirstRecent { get; set; }

        internal List<(string Name, long Events)> Types { get; } = [];

        internal Dictionary<DateTime, long> Hours { get; } = [];

        internal Dictionary<DateTime, long> Days { get; } = [];
    }
}
