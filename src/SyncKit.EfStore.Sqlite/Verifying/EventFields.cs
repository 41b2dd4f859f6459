namespace SyncKit.EfStore.Sqlite;

/// <summary>The fields of an event that <see cref="EventVerifier"/> compares.</summary>
[Flags]
public enum EventFields
{
    /// <summary>None of them.</summary>
    None = 0,

    /// <summary>The stream it belongs to.</summary>
    AggregateId = 1,

    /// <summary>What happened.</summary>
    EventType = 2,

    /// <summary>The facts, compared as JSONB compares them. SQL NULL and JSON <c>null</c> differ.</summary>
    Data = 4,

    /// <summary>What is known besides, compared as JSONB compares it. SQL NULL and JSON <c>null</c> differ.</summary>
    Metadata = 8,

    /// <summary>The time, compared as an instant to the microsecond.</summary>
    CreatedAt = 16,

    /// <summary>Where it was first stored: <c>origin_node</c> and <c>origin_counter</c> of go-sync-kit's files.</summary>
    Origin = 32,
}
