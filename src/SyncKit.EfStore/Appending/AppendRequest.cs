using SyncKit.EfStore.Diagnostics;

namespace SyncKit.EfStore.Appending;

/// <summary>One append, checked and laid out as the statement takes it: events in the caller's order, streams once each.</summary>
internal sealed class AppendRequest
{
    // A default server runs out of lock memory at about 15,000 locks in one transaction, for everybody.
    internal const int MaxStreams = 1_000;

    // The whole statement is one message of the protocol, which ends at 1 GB.
    private const long MaxTotalBytes = 256L * 1024 * 1024;

    private AppendRequest(IReadOnlyList<EventData> events, string[] streams, ExpectedVersion[] expected, long jsonBytes)
    {
        Events = events;
        Streams = streams;
        Expected = expected;
        JsonBytes = jsonBytes;
    }

    internal IReadOnlyList<EventData> Events { get; }

    /// <summary>Each stream once, in the order first named.</summary>
    internal string[] Streams { get; }

    /// <summary>What is claimed about each of <see cref="Streams"/>.</summary>
    internal ExpectedVersion[] Expected { get; }

    /// <summary>How large its data and metadata are, as UTF-8.</summary>
    internal long JsonBytes { get; }

    /// <summary>Events of any streams, each to the end of its stream.</summary>
    internal static AppendRequest OfEvents(IReadOnlyList<EventData> events, int maxJsonBytes)
    {
        if (events is [{ } only])
        {
            return OfOne(only, default, maxJsonBytes);
        }

        var streams = new HashSet<string>(StringComparer.Ordinal);
        var jsonBytes = Check(events, maxJsonBytes, streams);
        return new AppendRequest(events, [.. streams], new ExpectedVersion[streams.Count], jsonBytes);
    }

    /// <summary>Appends to several streams, each with its expectation.</summary>
    internal static AppendRequest OfStreams(IReadOnlyList<StreamAppend> appends, int maxJsonBytes)
    {
        InputRules.NotNull(appends, "appends");
        if (appends is [{ Events: [var only] } append])
        {
            return OfOne(only, append.Expected, maxJsonBytes);
        }

        var events = new List<EventData>();
        var named = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < appends.Count; i++)
        {
            InputRules.NotNull(appends[i], $"appends[{i}]");
            if (!named.Add(appends[i].AggregateId))
            {
                throw new InvalidInputException(
                    "appends",
                    "must name each aggregate_id once; put all its events into one StreamAppend",
                    $"they name '{InputRules.Shorten(appends[i].AggregateId)}' twice");
            }

            events.AddRange(appends[i].Events);
        }

        var streams = new HashSet<string>(StringComparer.Ordinal);
        var jsonBytes = Check(events, maxJsonBytes, streams);
        return new AppendRequest(events, [.. streams], [.. appends.Select(given => given.Expected)], jsonBytes);
    }

    /// <summary>The same append, its events with their trace.</summary>
    internal AppendRequest With(TraceMetadata trace)
    {
        var events = new EventData[Events.Count];
        for (var i = 0; i < events.Length; i++)
        {
            events[i] = trace.AddTo(Events[i]);
        }

        return new AppendRequest(events, Streams, Expected, JsonBytes);
    }

    /// <summary>The frequent case, which there is little to check about.</summary>
    private static AppendRequest OfOne(EventData only, ExpectedVersion expected, int maxJsonBytes) =>
        new([only], [only.AggregateId], [expected], CheckSize(only, maxJsonBytes));

    private static long Check(IReadOnlyList<EventData> events, int maxJsonBytes, HashSet<string> streams)
    {
        InputRules.NotNull(events, "events");
        if (events.Count == 0)
        {
            throw new InvalidInputException("events", "must hold at least one event", "it is empty");
        }

        var ids = new HashSet<string>(events.Count, StringComparer.Ordinal);
        var twice = new List<string>();
        long total = 0;
        for (var i = 0; i < events.Count; i++)
        {
            var eventData = events[i];
            InputRules.NotNull(eventData, $"events[{i}]");
            total += CheckSize(eventData, maxJsonBytes);
            streams.Add(eventData.AggregateId);
            if (!ids.Add(eventData.Id))
            {
                twice.Add(eventData.Id);
            }
        }

        if (twice.Count > 0)
        {
            throw new DuplicateEventException([], twice);
        }

        if (streams.Count > MaxStreams)
        {
            throw new InvalidInputException("events", $"must name at most {MaxStreams} streams in one append", $"they name {streams.Count}");
        }

        if (total > MaxTotalBytes)
        {
            throw new InvalidInputException("events", $"must hold at most {MaxTotalBytes} bytes of JSON in one append", $"they hold {total}");
        }

        return total;
    }

    /// <returns>How many bytes of JSON the event holds.</returns>
    /// <exception cref="InvalidInputException">A document of it is larger than the store takes.</exception>
    internal static long CheckSize(EventData eventData, int maxJsonBytes) =>
        CheckSize(eventData.Data, "data", maxJsonBytes) + CheckSize(eventData.Metadata, "metadata", maxJsonBytes);

    private static long CheckSize(EventJson? json, string field, int maxJsonBytes)
    {
        var size = json?.Utf8.Length ?? 0;
        return size <= maxJsonBytes
            ? size
            : throw new InvalidInputException(field, $"must hold at most {maxJsonBytes} bytes of UTF-8", $"it holds {size} bytes");
    }
}
