using System.Text.Json;
using System.Text.Unicode;

namespace SyncKit.EfStore.Importing;

/// <summary>
/// One line of JSON Lines → an event. The bytes of <c>data</c> and <c>metadata</c> are taken as they stand; unknown members are ignored;
/// of a member given twice the last counts, as in JSONB.
/// </summary>
internal static class EventLine
{
    private const string LineField = "line";

    // Members are measured one by one, where an error can name them; the line as a whole only has to hold them.
    private static readonly JsonReaderOptions Options = new() { MaxDepth = 1_000_000 };

    /// <exception cref="InvalidInputException">The line is no event that can be stored.</exception>
    internal static EventData Parse(ReadOnlySpan<byte> line)
    {
        try
        {
            return ParseObject(line);
        }
        catch (JsonException error)
        {
            throw new InvalidInputException(
                LineField, "must be one JSON object", $"at byte {error.BytePositionInLine + 1} it is not: {FirstSentence(error.Message)}", error);
        }
    }

    private static EventData ParseObject(ReadOnlySpan<byte> line)
    {
        var reader = new Utf8JsonReader(line, Options);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new InvalidInputException(LineField, "must be one JSON object", $"it is {Describe(reader.TokenType)}");
        }

        string? id = null, aggregateId = null, eventType = null;
        EventJson? data = null, metadata = null;
        DateTimeOffset? createdAt = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = KnownName(ref reader);
            reader.Read();
            switch (name)
            {
                case "id":
                    id = Text(ref reader, name, EventLimits.MaxIdBytes);
                    break;
                case "aggregate_id":
                    aggregateId = Text(ref reader, name, EventLimits.MaxAggregateIdBytes);
                    break;
                case "event_type":
                    eventType = Text(ref reader, name, EventLimits.MaxEventTypeBytes);
                    break;
                case "data":
                    data = Json(ref reader, line, name);
                    break;
                case "metadata":
                    metadata = Json(ref reader, line, name);
                    break;
                case "created_at":
                    createdAt = Instant(ref reader, name);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        reader.Read(); // Throws where something follows the object.
        if (!Utf8.IsValid(line))
        {
            throw new InvalidInputException(LineField, "must be valid UTF-8", "it is not");
        }

        return new EventData(
            aggregateId ?? throw Missing("aggregate_id", EventLimits.MaxAggregateIdBytes),
            eventType ?? throw Missing("event_type", EventLimits.MaxEventTypeBytes),
            data)
        {
            // Without an id of its own the event could be stored again by the next import.
            Id = id ?? throw Missing("id", EventLimits.MaxIdBytes),
            Metadata = metadata,
            CreatedAt = createdAt,
        };
    }

    private static string? KnownName(ref Utf8JsonReader reader) =>
        reader.ValueTextEquals("id"u8) ? "id"
        : reader.ValueTextEquals("aggregate_id"u8) ? "aggregate_id"
        : reader.ValueTextEquals("event_type"u8) ? "event_type"
        : reader.ValueTextEquals("data"u8) ? "data"
        : reader.ValueTextEquals("metadata"u8) ? "metadata"
        : reader.ValueTextEquals("created_at"u8) ? "created_at"
        : null;

    private static string Text(ref Utf8JsonReader reader, string field, int maxBytes)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            throw new InvalidInputException(field, TextRule(maxBytes), $"it is {Describe(reader.TokenType)}");
        }

        if (!Utf8.IsValid(reader.ValueSpan))
        {
            throw new InvalidInputException(field, "must be valid UTF-8", "it is not");
        }

        try
        {
            return InputRules.Text(reader.GetString(), field, maxBytes);
        }
        catch (InvalidOperationException error)
        {
            // The only thing left that valid UTF-8 can have wrong: half a surrogate pair, written as \uD800.
            throw new InvalidInputException(field, TextRule(maxBytes), "it holds a lone surrogate", error);
        }
    }

    private static EventJson Json(ref Utf8JsonReader reader, ReadOnlySpan<byte> line, string field)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return EventJson.FromUtf8(line[start..(int)reader.BytesConsumed], field);
    }

    private static DateTimeOffset? Instant(ref Utf8JsonReader reader, string field)
    {
        const string Rule = "must be null or an ISO 8601 date and time with an offset, such as 2026-11-23T08:30:00.123456+00:00";
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (reader.TokenType != JsonTokenType.String)
        {
            throw new InvalidInputException(field, Rule, $"it is {Describe(reader.TokenType)}");
        }

        var text = reader.ValueSpan;
        if (!HasOffset(text) || !reader.TryGetDateTimeOffset(out var instant))
        {
            var shown = Utf8.IsValid(text) ? $"it is '{InputRules.Shorten(System.Text.Encoding.UTF8.GetString(text))}'" : "it is not valid UTF-8";
            throw new InvalidInputException(field, Rule, shown);
        }

        return instant;
    }

    // Without one, the instant would depend on where the import runs.
    private static bool HasOffset(ReadOnlySpan<byte> text)
    {
        var time = text.IndexOf((byte)'T');
        return time >= 0 && text[time..].IndexOfAny((byte)'Z', (byte)'+', (byte)'-') >= 0;
    }

    private static InvalidInputException Missing(string field, int maxBytes) => new(field, TextRule(maxBytes), "it is missing");

    private static string TextRule(int maxBytes) => $"must hold 1 to {maxBytes} bytes of UTF-8 without NUL or lone surrogates";

    private static string Describe(JsonTokenType type) => type switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.Null => "null",
        _ => "true or false",
    };

    private static string FirstSentence(string message)
    {
        var end = message.IndexOf(". ", StringComparison.Ordinal);
        return end < 0 ? message.TrimEnd('.') : message[..end];
    }
}
