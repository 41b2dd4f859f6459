namespace SyncKit.EfStore.Appending;

/// <summary>
/// What becomes of each append of a group, decided from what the server said about its streams and ids. Pure: no I/O, no clock.
/// The group's order is the order of the calls, and each append sees its stream as those accepted before it leave it.
/// </summary>
internal sealed class GroupPlan
{
    /// <summary>To be inserted, with the stream version of each event.</summary>
    internal List<(PendingAppend Append, long[] StreamVersions)> Accepted { get; } = [];

    /// <summary>Their expectation does not hold.</summary>
    internal List<(PendingAppend Append, WrongExpectedVersionException Error)> Refused { get; } = [];

    /// <summary>Ids of theirs are stored: the same append again, or a mistake.</summary>
    internal List<PendingAppend> Repeated { get; } = [];

    /// <summary>Somebody else holds a stream of theirs: they wait for it elsewhere.</summary>
    internal List<PendingAppend> Busy { get; } = [];

    /// <summary>They name an id that one before them names too: to be decided once that one is stored, or is not.</summary>
    internal List<PendingAppend> Again { get; } = [];

    /// <param name="group">In the order of the calls.</param>
    /// <param name="now">What the server said.</param>
    /// <param name="race">The unique index decided against the group before.</param>
    internal static GroupPlan Make(IReadOnlyList<PendingAppend> group, StreamsNow now, Exception? race = null)
    {
        var plan = new GroupPlan();
        var heads = new Dictionary<string, long>(now.Heads, StringComparer.Ordinal);
        var ids = new HashSet<string>(StringComparer.Ordinal);

        // Behind an append that has to wait, those on its streams wait too: nobody overtakes within a stream.
        var busy = new HashSet<string>(now.Busy, StringComparer.Ordinal);
        var again = new HashSet<string>(StringComparer.Ordinal);
        foreach (var append in group)
        {
            var request = append.Request;
            if (busy.Overlaps(request.Streams))
            {
                busy.UnionWith(request.Streams);
                plan.Busy.Add(append);
            }
            else if (again.Overlaps(request.Streams) || request.Events.Any(e => ids.Contains(e.Id)))
            {
                again.UnionWith(request.Streams);
                plan.Again.Add(append);
            }
            else if (request.Events.Any(e => now.StoredIds.Contains(e.Id)))
            {
                plan.Repeated.Add(append);
            }
            else if (Conflict(request, heads, race) is { } conflict)
            {
                plan.Refused.Add((append, conflict));
            }
            else
            {
                ids.UnionWith(request.Events.Select(e => e.Id));
                plan.Accepted.Add((append, Place(request, heads)));
            }
        }

        return plan;
    }

    private static WrongExpectedVersionException? Conflict(AppendRequest request, Dictionary<string, long> heads, Exception? race)
    {
        for (var i = 0; i < request.Streams.Length; i++)
        {
            var head = heads[request.Streams[i]];
            if (!request.Expected[i].Holds(head))
            {
                return new WrongExpectedVersionException(request.Streams[i], request.Expected[i], head, race);
            }
        }

        return null;
    }

    private static long[] Place(AppendRequest request, Dictionary<string, long> heads)
    {
        var places = new long[request.Events.Count];
        for (var i = 0; i < places.Length; i++)
        {
            places[i] = ++heads[request.Events[i].AggregateId];
        }

        return places;
    }
}
