namespace SyncKit;

/// <summary>
/// Event ids of an append are taken: by other content, or by only part of the append. Nothing of it was stored.
/// </summary>
/// <remarks>
/// An append whose ids are <em>all</em> stored with equal content is not an error: it gives the first result back.
/// Content is equal when <c>aggregate_id</c>, <c>event_type</c>, <c>data</c> and <c>metadata</c> are, JSON compared
/// as JSONB compares it.
/// </remarks>
public sealed class DuplicateEventException : EventStoreException
{
    private const int Named = 5;

    /// <summary>Creates the exception.</summary>
    /// <param name="storedIds">Ids already stored with equal content.</param>
    /// <param name="conflictingIds">Ids already stored with other content, or given twice in one append.</param>
    public DuplicateEventException(IReadOnlyList<string> storedIds, IReadOnlyList<string> conflictingIds)
        : base(Describe(storedIds ?? [], conflictingIds ?? []))
    {
        StoredIds = storedIds ?? [];
        ConflictingIds = conflictingIds ?? [];
    }

    /// <summary>For a save of an application's own context.</summary>
    internal DuplicateEventException(
        IReadOnlyList<string> storedIds, IReadOnlyList<string> conflictingIds, bool allStored, Exception? innerException)
        : base(allStored ? DescribeAllStored(storedIds) : Describe(storedIds, conflictingIds), innerException)
    {
        StoredIds = storedIds;
        ConflictingIds = conflictingIds;
        AllStored = allStored;
    }

    /// <summary>
    /// Every event is already stored with equal content. Only <c>SaveChanges</c> of an application's own context refuses that, because its other
    /// rows must not be stored twice. Where it repeats a save whose answer was lost, that save had succeeded.
    /// </summary>
    public bool AllStored { get; }

    /// <summary>Ids already stored with equal content; without them the rest of the append can be stored.</summary>
    public IReadOnlyList<string> StoredIds { get; }

    /// <summary>Ids already stored with other content, or given twice in one append.</summary>
    public IReadOnlyList<string> ConflictingIds { get; }

    private static string Describe(IReadOnlyList<string> stored, IReadOnlyList<string> conflicting) =>
        conflicting.Count > 0
            ? $"An event id stands for one event, but {List(conflicting)} is given twice or already stored with other content. "
                + "Nothing was stored; give each event an id of its own."
            : $"Part of this append is already stored: {List(stored)}. "
                + "Nothing more was stored; repeat an append with all of its events, or without those.";

    private static string DescribeAllStored(IReadOnlyList<string> stored) =>
        $"The events of this save are already stored: {List(stored)}. Nothing was stored twice, nor anything saved with them. "
            + "If this repeats a save whose answer was lost, that save had succeeded; otherwise leave these events out.";

    private static string List(IReadOnlyList<string> ids)
    {
        var named = string.Join(", ", ids.Take(Named).Select(id => $"'{InputRules.Shorten(id)}'"));
        return ids.Count > Named ? $"{named} and {ids.Count - Named} more" : named;
    }
}
