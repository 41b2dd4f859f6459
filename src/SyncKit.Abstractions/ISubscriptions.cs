using System.Diagnostics.CodeAnalysis;

namespace SyncKit;

/// <summary>
/// All named subscriptions of a log, wherever they run: what is asked for is written into the database, and seen by the active instance at
/// once in its own process, elsewhere within a third of its lease. Safe for any number of threads.
/// </summary>
/// <remarks>
/// Every method that takes a name throws <see cref="SubscriptionException"/> where there is no subscription of that name and this
/// process hosts none either, and <see cref="EventStoreUnavailableException"/> when the store cannot be used. A hosted one may be asked before its
/// host has started.
/// </remarks>
public interface ISubscriptions
{
    /// <summary>Those this process hosts.</summary>
    IReadOnlyList<ISubscription> Hosted { get; }

    /// <summary>One that this process hosts.</summary>
    [SuppressMessage("Naming", "CA1716", Justification = "A keyword of Visual Basic, which can write it in brackets.")]
    ISubscription Get(string name);

    /// <summary>Every subscription of the log with its checkpoint, by name, those of other processes too.</summary>
    Task<IReadOnlyList<SubscriptionInfo>> ListAsync(CancellationToken cancellationToken = default);

    /// <summary>Lets the batch under way end and handles nothing more until resumed, in whatever process.</summary>
    Task PauseAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>Goes on, where it is paused or faulted; a faulted one begins with the event it stopped at.</summary>
    Task ResumeAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>
    /// Puts the checkpoint back and handles everything behind it again; events parked behind it are forgotten, and a pause or fault
    /// ends. A batch under way is given up. What the handler wrote before stays: pause, clear it, then rebuild.
    /// <see cref="SubscriptionInfo.Rebuild"/> tells how far it is.
    /// </summary>
    /// <param name="name">The subscription.</param>
    /// <param name="from">The last version that counts as handled. Default: zero, everything is handled again.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    Task RebuildAsync(string name, EventVersion from = default, CancellationToken cancellationToken = default);

    /// <summary>Ends when a subscription has handled everything up to a version; what is parked, skipped or filtered out counts.</summary>
    /// <param name="name">The subscription, in this process or another: what counts is its checkpoint in the database.</param>
    /// <param name="version">Such as the result of an append, to read one's own writes.</param>
    /// <param name="cancellationToken">Ends the wait, which has no end of its own while the subscription is paused or not running.</param>
    /// <exception cref="SubscriptionException">
    /// It is faulted, and so will not get there; or there is none of that name, nor does this process host one.
    /// </exception>
    Task WaitUntilProcessedAsync(string name, EventVersion version, CancellationToken cancellationToken = default);

    /// <summary>The parked events of a subscription, by version.</summary>
    Task<IReadOnlyList<ParkedEvent>> ParkedAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>Lets the active instance handle parked events again: all, or those of the stream that one is of, in order.</summary>
    /// <param name="name">The subscription.</param>
    /// <param name="version">A parked event. Default: null, all streams.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>How many events. One that fails again stays parked, and those of its stream behind it.</returns>
    Task<int> ReplayParkedAsync(string name, EventVersion? version = null, CancellationToken cancellationToken = default);

    /// <summary>Forgets parked events: they count as handled, and where a stream has none left its next event is handled again.</summary>
    /// <param name="name">The subscription.</param>
    /// <param name="version">Only this one. Default: null, all.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>How many were there.</returns>
    Task<int> DropParkedAsync(string name, EventVersion? version = null, CancellationToken cancellationToken = default);
}
