namespace SyncKit.EfStore.Sqlite.Appending;

/// <summary>One append, checked: events in the caller's order, and what is claimed about each stream.</summary>
/// <param name="Events">Of any streams.</param>
/// <param name="Expectations">Each stream once, in the order first named.</param>
internal sealed record AppendRequest(
    IReadOnlyList<EventData> Events, IReadOnlyList<(string AggregateId, ExpectedVersion Expected)> Expectations)
{
    /// <summary>Events of any streams, each to the end of its stream.</summary>
    internal static AppendRequest OfEvents(IReadOnlyList<EventData> events, int maxJsonBytes)
    {
        InputRules.NotNull(events, "events");

        // The caller may change his list while another thread stores what he gave.
        EventData[] given = [.. events];
        Check(given, maxJsonBytes);
        return new AppendRequest(
            given, [.. given.Select(e => e.AggregateId).Distinct(StringComparer.Ordinal).Select(stream => (stream, ExpectedVersion.Any))]);
    }

    /// <summary>Appends to several streams, each with its expectation.</summary>
    internal static AppendRequest OfStreams(IReadOnlyList<StreamAppend> appends, int maxJsonBytes)
    {
        InputRules.NotNull(appends, "appends");
        StreamAppend[] given = [.. appends];
        var named = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < given.Length; i++)
        {
            InputRules.NotNull(given[i], $"appends[{i}]");
            if (!named.Add(given[i].AggregateId))
            {
                throw new InvalidInputException(
                    "appends",
                    "must name each aggregate_id once; put all its events into one StreamAppend",
                    $"they name '{InputRules.Shorten(given[i].AggregateId)}' twice");
            }
        }

        EventData[] events = [.. given.SelectMany(append => append.Events)];
        Check(events, maxJsonBytes);
        return new AppendRequest(events, [.. given.Select(append => (append.AggregateId, append.Expected))]);
    }

    private static void Check(EventData[] events, int maxJsonBytes)
    {
        if (events.Length == 0)
        {
            throw new InvalidInputException("events", "must hold at least one event", "it is empty");
        }

        var ids = new HashSet<string>(events.Length, StringComparer.Ordinal);
        var twice = new List<string>();
        for (var i = 0; i < events.Length; i++)
        {
            InputRules.NotNull(events[i], $"events[{i}]");
            CheckSize(events[i].Data, "data", maxJsonBytes);
            CheckSize(events[i].Metadata, "metadata", maxJsonBytes);
            if (!ids.Add(events[i].Id))
            {
                twice.Add(events[i].Id);
            }
        }

        if (twice.Count > 0)
        {
            throw new DuplicateEventException([], twice);
        }
    }

    private static void CheckSize(EventJson? json, string field, int maxJsonBytes)
    {
        if (json?.Utf8.Length > maxJsonBytes)
        {
            throw new InvalidInputException(field, $"must hold at most {maxJsonBytes} bytes of UTF-8", $"it holds {json.Utf8.Length} bytes");
        }
    }
}
