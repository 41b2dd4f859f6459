namespace SyncKit.EfStore.Sqlite.Verifying;

/// <summary>What is compared of an event: small, whatever its documents hold.</summary>
/// <param name="Version">Its place in its log.</param>
/// <param name="Id">Its name.</param>
/// <param name="AggregateId">Its stream.</param>
/// <param name="EventType">What happened.</param>
/// <param name="Data">The hash of its canonical data; null where there is none.</param>
/// <param name="Metadata">The hash of its canonical metadata; null where there is none.</param>
/// <param name="CreatedAt">In UTC, to the microsecond.</param>
/// <param name="Origin">Where it was first stored, as a go-sync-kit file says.</param>
/// <param name="IsErased">Whether its content is the tombstone.</param>
internal sealed record EventFingerprint(
    long Version,
    string Id,
    string AggregateId,
    string EventType,
    UInt128? Data,
    UInt128? Metadata,
    DateTimeOffset? CreatedAt,
    (string? Node, long? Counter) Origin,
    bool IsErased)
{
    internal static EventFingerprint Of(SourceEvent source) => new(
        source.Version,
        source.Id,
        source.AggregateId,
        source.EventType,
        CanonicalJson.Hash(source.Data),
        CanonicalJson.Hash(source.Metadata),
        source.CreatedAt,
        (source.OriginNode, source.OriginCounter),
        Tombstone.Is(source.Data));

    /// <summary>In what two events of one id differ.</summary>
    internal EventFields DifferentFrom(EventFingerprint other) =>
        (AggregateId == other.AggregateId ? EventFields.None : EventFields.AggregateId)
        | (EventType == other.EventType ? EventFields.None : EventFields.EventType)
        | (Data == other.Data ? EventFields.None : EventFields.Data)
        | (Metadata == other.Metadata ? EventFields.None : EventFields.Metadata)
        | (CreatedAt == other.CreatedAt ? EventFields.None : EventFields.CreatedAt)
        | (Origin == other.Origin ? EventFields.None : EventFields.Origin);
}
