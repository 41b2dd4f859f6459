namespace SyncKit;

/// <summary>The part of an append that goes to one stream.</summary>
public sealed class StreamAppend
{
    /// <summary>Creates it.</summary>
    /// <param name="expected">What is claimed about the stream before its first event here.</param>
    /// <param name="events">One event or more, all of one stream.</param>
    /// <exception cref="InvalidInputException">There is no event, one is null, or they name several streams.</exception>
    public StreamAppend(ExpectedVersion expected, params IReadOnlyList<EventData> events)
    {
        InputRules.NotNull(events, "events");
        if (events.Count == 0)
        {
            throw new InvalidInputException("events", "must hold at least one event", "it is empty");
        }

        for (var i = 0; i < events.Count; i++)
        {
            InputRules.NotNull(events[i], $"events[{i}]");
            if (events[i].AggregateId != events[0].AggregateId)
            {
                throw new InvalidInputException(
                    "events",
                    "must all name one aggregate_id; append to several streams with one StreamAppend each",
                    $"they name '{InputRules.Shorten(events[0].AggregateId)}' and '{InputRules.Shorten(events[i].AggregateId)}'");
            }
        }

        Expected = expected;
        Events = [.. events];
    }

    /// <summary>The stream.</summary>
    public string AggregateId => Events[0].AggregateId;

    /// <summary>What is claimed about the stream before its first event here.</summary>
    public ExpectedVersion Expected { get; }

    /// <summary>The events, in order.</summary>
    public IReadOnlyList<EventData> Events { get; }
}
