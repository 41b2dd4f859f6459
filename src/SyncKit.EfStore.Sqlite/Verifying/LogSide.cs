using System.Diagnostics.CodeAnalysis;

namespace SyncKit.EfStore.Sqlite.Verifying;

/// <summary>One of the two logs as far as it was read: where that is, and the events that were not yet met in the other.</summary>
internal sealed class LogSide
{
    private readonly LinkedList<PendingEvent> _inOrder = [];
    private readonly Dictionary<string, LinkedListNode<PendingEvent>> _byId = new(StringComparer.Ordinal);

    /// <summary>How many events were read.</summary>
    internal long Events { get; private set; }

    /// <summary>The version of the last of them.</summary>
    internal long At { get; private set; }

    internal bool HasEnded { get; private set; }

    internal int Pending => _byId.Count;

    /// <summary>Counts an event that was read.</summary>
    internal void Read(EventFingerprint read) => (Events, At) = (Events + 1, read.Version);

    internal void End() => HasEnded = true;

    /// <returns>Whether it waits now; not where one of its id waits already, as a file of another program may have it.</returns>
    internal bool Keep(PendingEvent pending)
    {
        if (_byId.ContainsKey(pending.Event.Id))
        {
            return false;
        }

        _byId.Add(pending.Event.Id, _inOrder.AddLast(pending));
        return true;
    }

    internal bool TryTake(string id, [NotNullWhen(true)] out PendingEvent? pending)
    {
        pending = null;
        if (_byId.Remove(id, out var node))
        {
            pending = node.Value;
            _inOrder.Remove(node);
        }

        return pending is not null;
    }

    internal List<PendingEvent> Oldest(int count) => [.. _inOrder.Take(count)];

    internal void Remove(PendingEvent pending) => TryTake(pending.Event.Id, out _);
}
