namespace SyncKit.EfStore.Sqlite.Copying;

/// <summary>Whether an event can stand in any log: the rules of <see cref="EventLimits"/> and of JSONB, asked before the target is.</summary>
internal static class CopyCheck
{
    /// <returns>Why not, as a sentence; null where it can.</returns>
    internal static string? Reason(SourceEvent given, int maxJsonBytes)
    {
        if (given.Version < 1)
        {
            return $"The version must be 1 or more; it is {given.Version}.";
        }

        if (given.Fault is { } fault)
        {
            return fault;
        }

        try
        {
            InputRules.Text(given.Id, "id", EventLimits.MaxIdBytes);
            InputRules.Text(given.AggregateId, "aggregate_id", EventLimits.MaxAggregateIdBytes);
            InputRules.Text(given.EventType, "event_type", EventLimits.MaxEventTypeBytes);
            Check(given.Data, "data", maxJsonBytes);
            Check(given.Metadata, "metadata", maxJsonBytes);
            if (given.OriginNode is { Length: > 0 } node)
            {
                InputRules.Lookup(node, "origin_node");
            }

            return null;
        }
        catch (InvalidInputException error)
        {
            return error.Message;
        }
    }

    private static void Check(EventJson? json, string field, int maxJsonBytes)
    {
        if (json is null)
        {
            return;
        }

        if (json.Utf8.Length > maxJsonBytes)
        {
            throw new InvalidInputException(field, $"must hold at most {maxJsonBytes} bytes of UTF-8", $"it holds {json.Utf8.Length} bytes");
        }

        JsonRules.Check(json.Bytes, field);
    }
}
