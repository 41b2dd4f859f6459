namespace SyncKit.EfStore.Appending;

/// <summary>How much more fits into a group: as much as one statement, one message and one transaction's locks carry well.</summary>
internal struct GroupBudget
{
    private const int MaxMembers = 512;
    private const int MaxEvents = 2_000;
    private const long MaxJsonBytes = 4 * 1024 * 1024;

    private int _members;
    private int _events;
    private int _streams;
    private long _jsonBytes;

    /// <summary>Whether an append can travel with others at all.</summary>
    internal static bool Allows(AppendRequest request) => request.Events.Count <= MaxEvents && request.JsonBytes <= MaxJsonBytes;

    /// <summary>
    /// Takes the append in, or says that the group is full without it. Streams named twice count twice: the limit is far below what a server stands.
    /// </summary>
    internal bool TryTake(AppendRequest request)
    {
        if (_members > 0
            && (_members == MaxMembers
                || _events + request.Events.Count > MaxEvents
                || _jsonBytes + request.JsonBytes > MaxJsonBytes
                || _streams + request.Streams.Length > AppendRequest.MaxStreams))
        {
            return false;
        }

        _members++;
        _events += request.Events.Count;
        _streams += request.Streams.Length;
        _jsonBytes += request.JsonBytes;
        return true;
    }
}
