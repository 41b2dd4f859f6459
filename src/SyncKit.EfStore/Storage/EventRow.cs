using System.Text.Json;

namespace SyncKit.EfStore;

/// <summary>A row of the <c>events</c> table, for LINQ. To store events use <see cref="IEventStore"/>.</summary>
public sealed class EventRow
{
    /// <summary>Its place in the whole log.</summary>
    public long Version { get; init; }

    /// <summary>Its name for all time.</summary>
    public required string Id { get; init; }

    /// <summary>The stream it belongs to.</summary>
    public required string AggregateId { get; init; }

    /// <summary>What happened.</summary>
    public required string EventType { get; init; }

    /// <summary>The facts; null where SQL NULL is stored. In LINQ: <c>e.Data!.Value.GetProperty("total").GetInt32() &gt; 10</c>.</summary>
    public JsonElement? Data { get; init; }

    /// <summary>What is known besides the facts; null where SQL NULL is stored.</summary>
    public JsonElement? Metadata { get; init; }

    /// <summary>When, in UTC; null only on rows written by other programs.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary><c>stream_</c> and the aggregate id; the server generates it.</summary>
    public string StreamName { get; private init; } = "";

    /// <summary>Its place in its stream: 1, 2, 3 … The trigger fills it in where a row is added without.</summary>
    public long StreamVersion { get; init; }

    /// <summary>What the append that starts with this row claims about the stream; null where it claims nothing. Not a column.</summary>
    internal ExpectedVersion? Claim { get; init; }
}
