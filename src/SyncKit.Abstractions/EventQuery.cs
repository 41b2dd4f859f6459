namespace SyncKit;

/// <summary>Which events to read, and which way. Every condition left at its default lets everything through.</summary>
public sealed record EventQuery
{
    /// <summary>Only this stream. Default: null, all streams.</summary>
    public string? AggregateId { get; init; }

    /// <summary>Only streams whose aggregate id begins so, compared by bytes. Default: null, all streams. No index serves it.</summary>
    public string? AggregateIdPrefix { get; init; }

    /// <summary>Only these event types. Default: empty, all types.</summary>
    public IReadOnlyList<string> EventTypes { get; init; } = [];

    /// <summary>Only versions above this one. Default: zero, from the first event.</summary>
    public EventVersion After { get; init; }

    /// <summary>Only versions below this one. Default: null, to the last event.</summary>
    public EventVersion? Before { get; init; }

    /// <summary>Only events created at this instant or later. Default: null. Rows without <c>created_at</c> never match.</summary>
    public DateTimeOffset? CreatedFrom { get; init; }

    /// <summary>Only events created before this instant. Default: null. Rows without <c>created_at</c> never match.</summary>
    public DateTimeOffset? CreatedBefore { get; init; }

    /// <summary>Which way. Default: forwards.</summary>
    public ReadDirection Direction { get; init; }

    /// <summary>At most so many events, 1 or more. Default: null, all.</summary>
    public long? Limit { get; init; }

    /// <summary>
    /// Also events whose version is above the settled mark. Default: false, so that the last version read can be kept as a cursor:
    /// no event can appear below it later. With true the newest events come without waiting for
    /// appends that are still open, and the last version read must not be kept as a cursor.
    /// Backwards reads and reads of one stream always see everything committed: there, no event can appear out of order.
    /// </summary>
    public bool IncludeUnsettled { get; init; }
}
