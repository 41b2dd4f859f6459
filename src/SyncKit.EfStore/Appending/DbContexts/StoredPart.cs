namespace SyncKit.EfStore.Appending.DbContexts;

/// <summary>What the log holds of a save that failed or may not go on.</summary>
/// <param name="Heads">How far each of the save's streams goes.</param>
/// <param name="EqualIds">Ids stored with equal content.</param>
/// <param name="OtherIds">Ids stored with other content.</param>
internal sealed record StoredPart(long[] Heads, IReadOnlyList<string> EqualIds, IReadOnlyList<string> OtherIds)
{
    /// <summary>Why a save of these events cannot be; null where nothing stands in its way. Ids first, as in every append.</summary>
    internal EventStoreException? Refusal(EventSave save, Exception? cause)
    {
        if (EqualIds.Count + OtherIds.Count > 0)
        {
            return new DuplicateEventException(EqualIds, OtherIds, EqualIds.Count == save.Rows.Count, cause);
        }

        var next = new Dictionary<string, long>(Heads.Length, StringComparer.Ordinal);
        for (var i = 0; i < Heads.Length; i++)
        {
            next[save.Streams[i]] = Heads[i];
        }

        foreach (var row in save.Rows)
        {
            var at = next[row.AggregateId]++;
            if (row.Claim is { } claim && !claim.Holds(at))
            {
                return new WrongExpectedVersionException(row.AggregateId, claim, at, cause);
            }
        }

        return null;
    }

    /// <summary>Names the stream in which another writer took a place: the one that moved since the check, or the only one.</summary>
    internal WrongExpectedVersionException? Conflict(EventSave save, Exception cause)
    {
        for (var i = 0; i < Heads.Length; i++)
        {
            if (save.Heads is { } checkedHeads ? Heads[i] != checkedHeads[i] : Heads.Length == 1)
            {
                var claim = save.Rows.First(row => row.AggregateId == save.Streams[i]).Claim ?? ExpectedVersion.Any;
                return new WrongExpectedVersionException(save.Streams[i], claim, Heads[i], cause);
            }
        }

        return null;
    }
}
