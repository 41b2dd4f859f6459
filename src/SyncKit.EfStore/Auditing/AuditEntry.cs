using System.Net;

namespace SyncKit.EfStore;

/// <summary>What happened to one stored event; of a truncation, to all. Written in the transaction that did it. Immutable.</summary>
public sealed record AuditEntry
{
    /// <summary>Its place in the audit, ascending, with gaps.</summary>
    public required long AuditId { get; init; }

    /// <summary>When the statement began, by the server's clock, in UTC.</summary>
    public required DateTimeOffset OccurredAt { get; init; }

    /// <summary>What was done.</summary>
    public required AuditOperation Operation { get; init; }

    /// <summary>The role that had logged in (<c>session_user</c>).</summary>
    public required string LoginRole { get; init; }

    /// <summary>The role it acted as: another only after SET ROLE.</summary>
    public required string ActingRole { get; init; }

    /// <summary>Where the session came from; null on a Unix socket.</summary>
    public IPAddress? ClientAddress { get; init; }

    /// <summary>What the session called itself, which anyone may choose; empty where it did not.</summary>
    public required string ApplicationName { get; init; }

    /// <summary>The server's number of the transaction, which entries of one transaction share.</summary>
    public required long TransactionId { get; init; }

    /// <summary>The event's stream at that time; null for a truncation.</summary>
    public string? AggregateId { get; init; }

    /// <summary>The event's id at that time; null for a truncation.</summary>
    public string? EventId { get; init; }

    /// <summary>The lowest version touched; null where an empty table was truncated.</summary>
    public EventVersion? FirstVersion { get; init; }

    /// <summary>The highest version touched, the same as <see cref="FirstVersion"/> unless it is a truncation.</summary>
    public EventVersion? LastVersion { get; init; }

    /// <summary>How many events: 1 unless it is a truncation.</summary>
    public required long Events { get; init; }

    /// <summary>
    /// The row as it was before, by column names; null for truncations and erasures. Once the event was erased, its <c>data</c> and
    /// <c>metadata</c> are the tombstone here too.
    /// </summary>
    public EventJson? OldRow { get; init; }

    /// <summary>Why, of an erasure; otherwise null.</summary>
    public string? Reason { get; init; }
}
