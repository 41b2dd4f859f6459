namespace SyncKit.EfStore.Cli.Printing;

/// <summary>What a person is shown of an event; the detail is what is left out first.</summary>
internal sealed record EventSummary(
    EventVersion Version, DateTimeOffset? CreatedAt, string EventType, string AggregateId, long StreamVersion, string? Detail);
