namespace SyncKit.EfStore.Sqlite;

/// <summary>How a copy goes about it. Immutable, so safe for any number of threads unless <see cref="OnRefused"/> is not.</summary>
public sealed class EventCopyOptions
{
    /// <summary>
    /// Events get the versions they have, in one transaction: the target must hold nothing but what the same copy brought with their versions
    /// before, other writers wait until it ends, and one that breaks off leaves nothing. Default: false, each event gets the next version, and which
    /// became which is recorded in the target.
    /// </summary>
    public bool KeepVersions { get; init; }

    /// <summary>Write nothing: read and check everything, and ask the target about it. Default: false.</summary>
    public bool DryRun { get; init; }

    /// <summary>
    /// A file that gets each event that cannot be copied, as JSON Lines; the copy goes on past them. Lines that are there from before stay, and the
    /// same event is never written twice. Default: null, the copy stops at the first.
    /// </summary>
    public string? RejectsFile { get; init; }

    /// <summary>Told of each event that cannot be copied, in order, where the copy goes on past it. Default: null.</summary>
    public Action<RefusedEvent>? OnRefused { get; init; }
}
