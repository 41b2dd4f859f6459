using System.Text.Json;

namespace SyncKit.EfStore.Notifications;

/// <summary>
/// What a notification says: one event, or a range of versions to look up. Anyone who can log in can forge one, so every field is
/// checked, and a payload that is none of ours is nothing.
/// </summary>
/// <param name="Event">The event; null where only versions are known.</param>
/// <param name="First">The lowest version.</param>
/// <param name="Last">The highest version.</param>
/// <param name="AfterCommit">
/// Whether a store told after its commit: then what was committed later may have been told of before.
/// </param>
internal sealed record NotificationPayload(EventNotification? Event, long First, long Last, bool AfterCommit = false)
{
    // A range for more is the trigger's, of one statement: in the order of commits like everything it tells.
    private const long MostToldAfterCommit = 10_000;

    internal static NotificationPayload? Parse(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            var fields = document.RootElement;
            if (fields.ValueKind != JsonValueKind.Object)
            {
                return null;
            }

            return Number(fields, "version") is { } version
                ? new NotificationPayload(Whole(fields, version), version, version)
                : Range(fields);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static NotificationPayload? Range(JsonElement fields) =>
        Number(fields, "first_version") is { } first && Number(fields, "last_version") is { } last && first <= last
            ? new NotificationPayload(null, first, last, Number(fields, "count") is not > MostToldAfterCommit)
            : null;

    /// <summary>
    /// The event, where every field is there. A payload that would not fit drops to its versions, and that of go-sync-kit's own trigger
    /// has no stream version: those are looked up.
    /// </summary>
    private static EventNotification? Whole(JsonElement fields, long version) =>
        Number(fields, "stream_version") is { } streamVersion
        && Text(fields, "id") is { } id
        && Text(fields, "aggregate_id") is { } aggregateId
        && Text(fields, "event_type") is { } eventType
        && Time(fields) is { Known: true } created
            ? new EventNotification(new EventVersion(version), streamVersion, id, aggregateId, eventType, created.At)
            : null;

    private static long? Number(JsonElement fields, string name) =>
        fields.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number > 0
            ? number
            : null;

    private static string? Text(JsonElement fields, string name)
    {
        if (!fields.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.String)
        {
            return null;
        }

        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null; // An escaped lone surrogate, such as "\ud800": valid JSON, and no text.
        }
    }

    private static (bool Known, DateTimeOffset? At) Time(JsonElement fields)
    {
        if (!fields.TryGetProperty("created_at", out var value))
        {
            return (false, null);
        }

        return value.ValueKind switch
        {
            JsonValueKind.Null => (true, null),
            JsonValueKind.String when value.TryGetDateTimeOffset(out var at) => (true, at.ToUniversalTime()),
            _ => (false, null),
        };
    }
}
