namespace SyncKit;

/// <summary>Checks a query before the first await, so that a caller's mistake surfaces where it was made.</summary>
internal static class QueryRules
{
    internal static void Check(EventQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        CheckWhich(query.AggregateId, query.AggregateIdPrefix, query.EventTypes);
        if (query.Limit <= 0)
        {
            throw new InvalidInputException("limit", "must be 1 or more", $"it is {query.Limit}");
        }

        if (!Enum.IsDefined(query.Direction))
        {
            throw new InvalidInputException("direction", "must be forwards or backwards", $"it is {query.Direction}");
        }
    }

    /// <summary>What queries and subscriptions name events by.</summary>
    internal static void CheckWhich(string? aggregateId, string? aggregateIdPrefix, IReadOnlyList<string> eventTypes)
    {
        if (aggregateId is not null)
        {
            InputRules.Lookup(aggregateId, "aggregate_id");
        }

        if (aggregateIdPrefix is not null)
        {
            InputRules.Lookup(aggregateIdPrefix, "aggregate id prefix");
        }

        InputRules.NotNull(eventTypes, "event types");
        foreach (var eventType in eventTypes)
        {
            InputRules.Lookup(eventType, "event_type");
        }
    }
}
