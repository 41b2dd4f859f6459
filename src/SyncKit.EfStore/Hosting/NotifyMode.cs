namespace SyncKit.EfStore;

/// <summary>
/// When a store's own appends tell the observers. Writers that are not this store (psql, a Go service, EF's SaveChanges) notify within
/// their transaction whatever the mode. No mode loses an event: the log is the truth, and <see cref="EventStoreOptions.PollInterval"/>
/// bounds how long an observer waits for one that nobody told of.
/// </summary>
public enum NotifyMode
{
    /// <summary>
    /// Within the transaction, one notification for each event: other programs that listen get the payload of the contract. PostgreSQL
    /// lets only one notifying transaction of the whole server commit at a time, through the flush to disk, so many concurrent appends wait
    /// for each other; appends that travel together pay once.
    /// </summary>
    Trigger,

    /// <summary>
    /// Right after the commit, on another connection of the pool: one range of versions for all events and one for each stream, the first
    /// at once, and what is committed while one is on its way with the next; within about 10 ms where the server has time. Appends do not
    /// wait for each other, and observers of this library see the same events in the same order. Other programs that listen get ranges only
    /// (<c>first_version</c>, <c>last_version</c>, <c>count</c>; others' versions may lie between). A process that ends between commit and
    /// notification, or an append whose answer is lost, costs its observers at most the poll interval.
    /// </summary>
    AfterCommit,

    /// <summary>
    /// Not at all: observers find the events by the poll, within <see cref="EventStoreOptions.PollInterval"/>; other programs that listen
    /// are not told. For a process that only writes. Give it to the processes that observe as well: with <see cref="Trigger"/> they show what a
    /// foreign writer tells of at once, and would show it before an untold event of the same stream.
    /// </summary>
    None,
}
