namespace SyncKit.EfStore;

/// <summary>Which entries of the audit to read. Every condition left at its default lets everything through.</summary>
public sealed record AuditQuery
{
    /// <summary>Only what happened at this instant or later. Default: null.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Only what happened before this instant. Default: null.</summary>
    public DateTimeOffset? Before { get; init; }

    /// <summary>Only what happened to events of this stream; a truncation happened to all. Default: null.</summary>
    public string? AggregateId { get; init; }

    /// <summary>Only what happened to the event of this version. Default: null.</summary>
    public EventVersion? Version { get; init; }

    /// <summary>Only this. Default: null.</summary>
    public AuditOperation? Operation { get; init; }

    /// <summary>Oldest first or newest first. Default: forwards.</summary>
    public ReadDirection Direction { get; init; }

    /// <summary>At most so many entries, 1 or more. Default: null, all.</summary>
    public long? Limit { get; init; }
}
