namespace SyncKit;

/// <summary>The stated limits of an event. They hold for every store, so that events can move between stores.</summary>
/// <remarks>
/// A PostgreSQL B-tree entry holds about 2,700 bytes ("Index Row Size", B-tree implementation); ids and types are
/// indexed, so their limits stay well below that. Lengths are counted in bytes of UTF-8, as the server counts them.
/// </remarks>
public static class EventLimits
{
    /// <summary>The longest event id, in bytes of UTF-8.</summary>
    public const int MaxIdBytes = 1024;

    /// <summary>The longest aggregate id, in bytes of UTF-8.</summary>
    public const int MaxAggregateIdBytes = 1024;

    /// <summary>The longest event type, in bytes of UTF-8.</summary>
    public const int MaxEventTypeBytes = 1024;

    /// <summary>How deep the arrays and objects of a JSON document may nest.</summary>
    public const int MaxJsonDepth = 1000;

    /// <summary>The largest JSON document a store takes unless it is configured otherwise, in bytes of UTF-8: 16 MiB.</summary>
    public const int DefaultMaxJsonBytes = 16 * 1024 * 1024;
}
