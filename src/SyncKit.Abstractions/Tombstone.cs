namespace SyncKit;

/// <summary>What data and metadata become when an event is erased.</summary>
internal static class Tombstone
{
    // As JSONB writes it, and without the space as everybody else may.
    private static readonly byte[][] Spellings = ["""{"$erased": true}"""u8.ToArray(), """{"$erased":true}"""u8.ToArray()];

    internal static bool Is(EventJson? json) =>
        json is not null && Array.Exists(Spellings, spelling => json.Utf8.Span.SequenceEqual(spelling));
}
