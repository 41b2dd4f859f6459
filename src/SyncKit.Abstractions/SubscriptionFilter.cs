namespace SyncKit;

/// <summary>Which events a subscription gets. Every condition left at its default lets everything through; several must all hold.</summary>
public sealed record SubscriptionFilter
{
    /// <summary>Only this stream. Default: null, all streams.</summary>
    public string? AggregateId { get; init; }

    /// <summary>Only streams whose aggregate id begins so, compared by bytes. Default: null, all streams.</summary>
    public string? AggregateIdPrefix { get; init; }

    /// <summary>Only these event types. Default: empty, all types.</summary>
    public IReadOnlyList<string> EventTypes { get; init; } = [];
}
