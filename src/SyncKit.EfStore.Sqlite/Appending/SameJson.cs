using System.Text.Json;

namespace SyncKit.EfStore.Sqlite.Appending;

/// <summary>
/// Whether two documents are one as PostgreSQL's JSONB compares them, so that an append is repeated alike on every store: the last of duplicate
/// keys counts, their order does not, numbers are compared by value and texts by what they say.
/// </summary>
internal static class SameJson
{
    // What a store adds to metadata (W3C Trace Context): the trace under which an append is repeated is another one.
    private static readonly string[] Added = ["traceparent", "tracestate"];

    internal static bool IsSame(EventJson? left, EventJson? right) =>
        left is null || right is null
            ? left is null && right is null
            : left.Equals(right) || WithDocuments(left, right, IsSame);

    /// <summary>As <see cref="IsSame(EventJson?, EventJson?)"/>, without the keys a store adds; with them, none and an empty object are one.</summary>
    internal static bool IsSameMetadata(EventJson? left, EventJson? right)
    {
        if (IsSame(left, right))
        {
            return true;
        }

        return WithDocuments(left ?? Empty, right ?? Empty, (one, other) =>
            (HasAdded(one) || HasAdded(other)) && IsSame(one, other, Added));
    }

    private static EventJson Empty { get; } = EventJson.Parse("{}");

    private static bool HasAdded(JsonElement element) =>
        element.ValueKind == JsonValueKind.Object && Added.Any(name => element.TryGetProperty(name, out _));

    private static bool WithDocuments(EventJson left, EventJson right, Func<JsonElement, JsonElement, bool> compare)
    {
        try
        {
            using var one = left.ToDocument();
            using var other = right.ToDocument();
            return compare(one.RootElement, other.RootElement);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // A row of another program that holds no JSON, or a text that is none.
            return false;
        }
    }

    private static bool IsSame(JsonElement left, JsonElement right) => IsSame(left, right, []);

    private static bool IsSame(JsonElement left, JsonElement right, string[] without)
    {
        if (left.ValueKind != right.ValueKind)
        {
            return false;
        }

        switch (left.ValueKind)
        {
            case JsonValueKind.Object:
                var (ones, others) = (LastOfEach(left, without), LastOfEach(right, without));
                return ones.Count == others.Count
                    && ones.All(one => others.TryGetValue(one.Key, out var other) && IsSame(one.Value, other));

            case JsonValueKind.Array:
                return left.GetArrayLength() == right.GetArrayLength()
                    && left.EnumerateArray().Zip(right.EnumerateArray()).All(pair => IsSame(pair.First, pair.Second));

            case JsonValueKind.Number:
                return IsSameNumber(left, right);

            default:
                return JsonElement.DeepEquals(left, right);
        }
    }

    private static Dictionary<string, JsonElement> LastOfEach(JsonElement value, string[] without)
    {
        var last = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var property in value.EnumerateObject())
        {
            last[property.Name] = property.Value;
        }

        foreach (var name in without)
        {
            last.Remove(name);
        }

        return last;
    }

    private static bool IsSameNumber(JsonElement left, JsonElement right)
    {
        try
        {
            return JsonElement.DeepEquals(left, right);
        }
        catch (ArgumentOutOfRangeException)
        {
            // An exponent beyond every limit, in a row of another program.
            return left.GetRawText() == right.GetRawText();
        }
    }
}
