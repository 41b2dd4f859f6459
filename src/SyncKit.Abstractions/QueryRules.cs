namespace SyncKit;

/// <summary>Checks a query before the first await, so that a caller's mistake surfaces where it was made.</summary>
internal static class QueryRules
{
    internal static void Check(EventQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (query.AggregateId is { } aggregateId)
        {
            InputRules.Lookup(aggregateId, "aggregate_id");
        }

        if (query.AggregateIdPrefix is { } prefix)
        {
            InputRules.Lookup(prefix, "aggregate id prefix");
        }

        InputRules.NotNull(query.EventTypes, "event types");
        foreach (var eventType in query.EventTypes)
        {
            InputRules.Lookup(eventType, "event_type");
        }

        if (query.Limit <= 0)
        {
            throw new InvalidInputException("limit", "must be 1 or more", $"it is {query.Limit}");
        }

        if (!Enum.IsDefined(query.Direction))
        {
            throw new InvalidInputException("direction", "must be forwards or backwards", $"it is {query.Direction}");
        }
    }
}
