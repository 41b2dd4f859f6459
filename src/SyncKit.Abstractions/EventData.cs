using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace SyncKit;

/// <summary>
/// An event to be stored: the columns a writer chooses. Checked when it is made, immutable afterwards, so safe for any
/// number of threads. To repeat an append safely, append the same <see cref="EventData"/> again.
/// </summary>
public sealed class EventData
{
    private readonly string _id = Guid.CreateVersion7().ToString();
    private readonly DateTimeOffset? _createdAt;
    private EventJson? _metadata;

    /// <summary>Creates an event.</summary>
    /// <param name="aggregateId">The stream it belongs to: 1 to <see cref="EventLimits.MaxAggregateIdBytes"/> bytes.</param>
    /// <param name="eventType">What happened: 1 to <see cref="EventLimits.MaxEventTypeBytes"/> bytes.</param>
    /// <param name="data">The facts; null stores SQL NULL.</param>
    /// <exception cref="InvalidInputException">A value cannot be stored.</exception>
    public EventData(string aggregateId, string eventType, EventJson? data = null)
    {
        AggregateId = InputRules.Text(aggregateId, "aggregate_id", EventLimits.MaxAggregateIdBytes);
        EventType = InputRules.Text(eventType, "event_type", EventLimits.MaxEventTypeBytes);
        Data = data;
    }

    /// <summary>
    /// Names this event for all time: 1 to <see cref="EventLimits.MaxIdBytes"/> bytes, unique in the whole log.
    /// Default: a new UUID version 7 (RFC 9562), whose order follows time and so keeps the index compact.
    /// </summary>
    /// <exception cref="InvalidInputException">The id cannot be stored.</exception>
    public string Id
    {
        get => _id;
        init => _id = InputRules.Text(value, "id", EventLimits.MaxIdBytes);
    }

    /// <summary>The stream the event belongs to.</summary>
    public string AggregateId { get; }

    /// <summary>What happened.</summary>
    public string EventType { get; }

    /// <summary>The facts; null is stored as SQL NULL.</summary>
    public EventJson? Data { get; }

    /// <summary>
    /// What is known about the event besides its facts: who, why, from where. Default: null, stored as SQL NULL. A store may add the keys
    /// <c>traceparent</c>, <c>tracestate</c>, <c>correlation_id</c> and <c>causation_id</c> where it is an object or null and has none of
    /// that name; whether two events are the same does not depend on them.
    /// </summary>
    public EventJson? Metadata
    {
        get => _metadata;
        init => _metadata = value;
    }

    /// <summary>
    /// When it happened. Default: null, the server's clock at the start of the appending transaction.
    /// Kept in UTC and cut to whole microseconds, as PostgreSQL stores it.
    /// </summary>
    public DateTimeOffset? CreatedAt
    {
        get => _createdAt;
        init => _createdAt = value is { } at
            ? new DateTimeOffset(at.UtcTicks - (at.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero)
            : null;
    }

    /// <summary>The same event, its metadata with what a store adds.</summary>
    internal EventData WithMetadata(EventJson? metadata)
    {
        var copy = (EventData)MemberwiseClone();
        copy._metadata = metadata;
        return copy;
    }

    /// <summary>Creates an event from JSON text.</summary>
    /// <param name="aggregateId">The stream.</param>
    /// <param name="eventType">What happened.</param>
    /// <param name="data">The facts as JSON.</param>
    /// <param name="metadata">The metadata as JSON; null for none.</param>
    /// <exception cref="InvalidInputException">A value cannot be stored.</exception>
    public static EventData FromJson(
        string aggregateId,
        string eventType,
        [StringSyntax(StringSyntaxAttribute.Json)] string data,
        [StringSyntax(StringSyntaxAttribute.Json)] string? metadata = null) =>
        new(aggregateId, eventType, EventJson.Parse(data, "data"))
        {
            Metadata = metadata is null ? null : EventJson.Parse(metadata, "metadata"),
        };

    /// <summary>Creates an event from JSON in UTF-8, which is copied.</summary>
    /// <param name="aggregateId">The stream.</param>
    /// <param name="eventType">What happened.</param>
    /// <param name="data">The facts as JSON.</param>
    /// <exception cref="InvalidInputException">A value cannot be stored.</exception>
    public static EventData FromUtf8(string aggregateId, string eventType, ReadOnlySpan<byte> data) =>
        new(aggregateId, eventType, EventJson.FromUtf8(data, "data"));

    /// <summary>Creates an event from an object, serialized by System.Text.Json.</summary>
    /// <param name="aggregateId">The stream.</param>
    /// <param name="eventType">What happened.</param>
    /// <param name="data">The facts.</param>
    /// <param name="options">System.Text.Json options; its defaults if null.</param>
    /// <exception cref="InvalidInputException">A value cannot be stored.</exception>
    [RequiresUnreferencedCode("Serializes by reflection; give a JsonTypeInfo instead where the application is trimmed.")]
    [RequiresDynamicCode("Serializes by reflection; give a JsonTypeInfo instead where the application is compiled ahead of time.")]
    public static EventData FromObject<T>(string aggregateId, string eventType, T data, JsonSerializerOptions? options = null) =>
        new(aggregateId, eventType, EventJson.FromObject(data, options));

    /// <summary>Creates an event from an object, serialized with source-generated metadata.</summary>
    /// <param name="aggregateId">The stream.</param>
    /// <param name="eventType">What happened.</param>
    /// <param name="data">The facts.</param>
    /// <param name="typeInfo">From a <see cref="System.Text.Json.Serialization.JsonSerializerContext"/>.</param>
    /// <exception cref="InvalidInputException">A value cannot be stored.</exception>
    public static EventData FromObject<T>(string aggregateId, string eventType, T data, JsonTypeInfo<T> typeInfo) =>
        new(aggregateId, eventType, EventJson.FromObject(data, typeInfo));
}
