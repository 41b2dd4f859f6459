using System.Diagnostics;
using System.Text.Json;

namespace SyncKit.EfStore.Diagnostics;

/// <summary>What a stored event's metadata tells of the append it came from. Anyone may have written it: what makes no sense is nothing.</summary>
/// <param name="Context">The append's span.</param>
/// <param name="Correlation">What the event belongs to: its correlation id, else its trace.</param>
internal readonly record struct StoredTrace(ActivityContext? Context, string? Correlation)
{
    private static readonly JsonReaderOptions AsDeepAsStored = new() { MaxDepth = EventLimits.MaxJsonDepth };

    internal static StoredTrace Of(EventJson? metadata)
    {
        if (metadata is null || metadata.Bytes.AsSpan().IndexOf("\"trace"u8) < 0 && metadata.Bytes.AsSpan().IndexOf("\"correlation_id\""u8) < 0)
        {
            return default;
        }

        ActivityContext? context = Text(metadata, TraceMetadata.TraceParent) is { } parent
            && ActivityContext.TryParse(parent, Text(metadata, TraceMetadata.TraceState), isRemote: true, out var parsed)
                ? parsed
                : null;
        return new StoredTrace(context, Text(metadata, TraceMetadata.CorrelationId) ?? context?.TraceId.ToHexString());
    }

    /// <summary>The kind of an object's own member; null where it has none of that name, or is no object.</summary>
    internal static JsonTokenType? Member(ReadOnlySpan<byte> utf8, string name) => Find(utf8, name).Kind;

    private static string? Text(EventJson metadata, string name) => Find(metadata.Bytes, name).Text;

    private static (JsonTokenType? Kind, string? Text) Find(ReadOnlySpan<byte> utf8, string name)
    {
        var reader = new Utf8JsonReader(utf8, AsDeepAsStored);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return default;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var found = reader.ValueTextEquals(name);
            reader.Read();
            if (found)
            {
                return (reader.TokenType, reader.TokenType == JsonTokenType.String ? reader.GetString() : null);
            }

            reader.Skip();
        }

        return default;
    }
}
