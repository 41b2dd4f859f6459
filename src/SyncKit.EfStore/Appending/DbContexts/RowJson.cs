using System.Runtime.InteropServices;
using System.Text.Json;

namespace SyncKit.EfStore.Appending.DbContexts;

/// <summary>A document as a row holds it, and as everything else does.</summary>
internal static class RowJson
{
    private static readonly JsonDocumentOptions AsDeepAsStored = new() { MaxDepth = EventLimits.MaxJsonDepth };

    internal static JsonElement? Element(EventJson? json) => json is null ? null : JsonElement.Parse(json.Utf8.Span, AsDeepAsStored);

    internal static EventJson? Document(JsonElement? json) => Utf8(json) is { } utf8 ? EventJson.Trusted(utf8) : null;

    internal static byte[]? Utf8(JsonElement? json) => json is { } given ? JsonMarshal.GetRawUtf8Value(given).ToArray() : null;
}
