using System.Text.Json;
using SyncKit.EfStore.Cli.Stats;

namespace SyncKit.EfStore.Cli.Printing;

/// <summary>Statistics for programs: one JSON object on one line. Sizes in bytes, times in UTC.</summary>
internal static class StatisticsJson
{
    internal static async Task PrintAsync(LogStatistics statistics, CancellationToken cancellationToken)
    {
        await using var printer = new JsonPrinter<LogStatistics>((buffer, item) => JsonLine.Write(buffer, writer => Write(writer, item)));
        await printer.PrintAsync(statistics, cancellationToken);
        await printer.FlushAsync(cancellationToken);
    }

    private static void Write(Utf8JsonWriter writer, LogStatistics statistics)
    {
        writer.WriteStartObject("events");
        writer.WriteNumber("count", statistics.Events);
        writer.WriteBoolean("estimated", statistics.Estimated);
        writer.WriteNumber("newest_version", statistics.NewestVersion);
        Instant("first_created_at", statistics.First);
        Instant("last_created_at", statistics.Last);
        writer.WriteEndObject();

        writer.WriteStartObject("streams");
        writer.WriteNumber("count", statistics.Streams);
        writer.WriteBoolean("estimated", statistics.Estimated);
        Counts("longest", "aggregate_id", statistics.LongestStreams);
        writer.WriteEndObject();

        writer.WriteStartObject("types");
        writer.WriteNumber("count", statistics.TypeCount);
        Counts("most", "event_type", statistics.Types);
        writer.WriteEndObject();

        writer.WriteStartObject("bytes");
        writer.WriteNumber("total", statistics.Sizes.Total);
        writer.WriteNumber("table", statistics.Sizes.Table);
        writer.WriteNumber("toast", statistics.Sizes.Toast);
        writer.WriteStartObject("indexes");
        foreach (var (name, bytes) in statistics.Sizes.Indexes)
        {
            writer.WriteNumber(name, bytes);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();

        writer.WriteStartObject("rates");
        writer.WriteBoolean("estimated", statistics.Rates.Estimated);
        Buckets("hours", statistics.Rates.Hours);
        Buckets("days", statistics.Rates.Days);
        writer.WriteEndObject();

        if (statistics.Subscriptions is { } subscriptions)
        {
            writer.WriteStartArray("subscriptions");
            foreach (var one in subscriptions)
            {
                writer.WriteStartObject();
                writer.WriteString("name", one.Name);
                writer.WriteString("status", JsonNamingPolicy.SnakeCaseLower.ConvertName(one.Status.ToString()));
                writer.WriteNumber("checkpoint", one.Checkpoint.Value);
                writer.WriteNumber("lag", one.Lag);
                writer.WriteNumber("parked", one.Parked);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        void Instant(string name, DateTimeOffset? instant)
        {
            if (instant is { } known)
            {
                writer.WriteString(name, known.UtcDateTime);
            }
            else
            {
                writer.WriteNull(name);
            }
        }

        void Counts(string name, string key, IReadOnlyList<(string Key, long Events)> counts)
        {
            writer.WriteStartArray(name);
            foreach (var count in counts)
            {
                writer.WriteStartObject();
                writer.WriteString(key, count.Key);
                writer.WriteNumber("events", count.Events);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        void Buckets(string name, IReadOnlyList<(DateTime From, long Events)> buckets)
        {
            writer.WriteStartArray(name);
            foreach (var bucket in buckets)
            {
                writer.WriteStartObject();
                writer.WriteString("from", bucket.From);
                writer.WriteNumber("events", bucket.Events);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }
    }
}
