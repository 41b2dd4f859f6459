using Microsoft.Extensions.Logging;

namespace SyncKit.EfStore.Diagnostics;

/// <summary>Every message the library logs. Ids are stable and listed in LOGS.md; no payloads, no connection strings.</summary>
internal static partial class Log
{
    [LoggerMessage(100, LogLevel.Warning,
        "The settled mark stays at version {Mark}, below {Highest}: held back by {Holder}, open for {HeldFor} at least. What comes after the mark waits for it; end it if it was forgotten.")]
    internal static partial void SettledMarkHeldBack(ILogger logger, long mark, long highest, SettledMarkHolder holder, TimeSpan heldFor);

    [LoggerMessage(101, LogLevel.Information, "The settled mark is no longer held back by {Holder}, which was open for {HeldFor}; it is at version {Mark}.")]
    internal static partial void SettledMarkReleased(ILogger logger, SettledMarkHolder holder, TimeSpan heldFor, long mark);

    [LoggerMessage(102, LogLevel.Warning,
        "LOSS ACCEPTED by the operator: this process no longer waits for {Holder}. What it still commits between versions {Mark} and {Highest}, or above, readers and subscriptions of this process may never see.")]
    internal static partial void LossAccepted(ILogger logger, SettledMarkHolder holder, long mark, long highest);

    [LoggerMessage(103, LogLevel.Warning,
        "The log went back: the event that was its newest is gone or another; the mark was at version {Mark}, and the log ends at {Highest} now. Commits were lost in a crash or a failover, or rows were removed. The mark begins anew.")]
    internal static partial void LogWentBack(ILogger logger, long mark, long highest);

    [LoggerMessage(200, LogLevel.Information, "Listening for events in the {Target}.")]
    internal static partial void Listening(ILogger logger, string target);

    [LoggerMessage(201, LogLevel.Warning, "Not listening for events in the {Target} after {Attempts} failed attempts; trying again in {Wait}. {Reason}")]
    internal static partial void ListenerLost(ILogger logger, string target, int attempts, TimeSpan wait, string reason);

    [LoggerMessage(202, LogLevel.Error, "Gave up listening for events in the {Target} after {Attempts} attempts. {Reason}")]
    internal static partial void ListenerFailed(ILogger logger, string target, int attempts, string reason);

    [LoggerMessage(203, LogLevel.Information, "Listening again; showed what was missed, versions {From} to {To}.")]
    internal static partial void Replayed(ILogger logger, long from, long to);

    [LoggerMessage(204, LogLevel.Warning, "A notification on channel '{Channel}' is not one of an event log and is ignored.")]
    internal static partial void MalformedNotification(ILogger logger, string channel);

    [LoggerMessage(205, LogLevel.Warning, "Reading the log for missed events failed; trying again in {Wait}.")]
    internal static partial void ReplayFailed(ILogger logger, TimeSpan wait, Exception error);

    [LoggerMessage(206, LogLevel.Warning,
        "More than {Runs} separate runs of versions are shown above version {Mark}, which an open append holds back. Versions up to {NewMark} are no longer watched for gaps.")]
    internal static partial void ShownVersionsOverflow(ILogger logger, int runs, long mark, long newMark);

    [LoggerMessage(207, LogLevel.Information, "More notifications arrive than are handled; what does not fit is read from the log.")]
    internal static partial void NotificationQueueFull(ILogger logger);

    [LoggerMessage(208, LogLevel.Error, "Bug in SyncKit.EfStore: showing notifications failed; the log is read again.")]
    internal static partial void PumpFailed(ILogger logger, Exception error);

    [LoggerMessage(210, LogLevel.Warning, "Notifications of the {Target} do not arrive; the log is read every {Poll} until they do. {Reason}")]
    internal static partial void ListenerIsolated(ILogger logger, string target, TimeSpan poll, string reason);

    [LoggerMessage(211, LogLevel.Information, "Notifications of the {Target} arrive again.")]
    internal static partial void ListenerHears(ILogger logger, string target);

    [LoggerMessage(212, LogLevel.Warning,
        "Notifications told of events that the {Target} does not have. Anyone who can log in can send them; events that are there are shown all the same.")]
    internal static partial void ForgedNotification(ILogger logger, string target);

    [LoggerMessage(213, LogLevel.Warning,
        "The server's notification queue is {Usage:P0} full; when it is full, every transaction that notifies fails. Look for a session that listens and stays in a transaction, in any database.")]
    internal static partial void NotificationQueueFilling(ILogger logger, double usage);

    [LoggerMessage(214, LogLevel.Information, "The server's notification queue is {Usage:P0} full again.")]
    internal static partial void NotificationQueueDrained(ILogger logger, double usage);

    [LoggerMessage(215, LogLevel.Critical, "The listener gave up, so the host is stopped (StopHostWhenListenerFails).")]
    internal static partial void ListenerStopsHost(ILogger logger);

    [LoggerMessage(300, LogLevel.Error, "An observer threw on version {Version}; it gets the next event all the same.")]
    internal static partial void ObserverThrew(ILogger logger, long version, Exception error);

    [LoggerMessage(301, LogLevel.Error, "A handler threw on version {Version}; it gets the next event all the same.")]
    internal static partial void HandlerThrew(ILogger logger, long version, Exception error);

    [LoggerMessage(302, LogLevel.Information, "An observer is slow: more than {Capacity} notifications wait for it. The rest is read from the log when it has caught up.")]
    internal static partial void ObserverSlow(ILogger logger, int capacity);

    [LoggerMessage(303, LogLevel.Warning, "Reading events for a subscription failed; trying again in {Wait}.")]
    internal static partial void SubscriptionReadFailed(ILogger logger, TimeSpan wait, Exception error);

    [LoggerMessage(400, LogLevel.Information, "The schema of the {Target} is current; applied {Applied} migrations, mended {Mended} objects.")]
    internal static partial void SchemaMigrated(ILogger logger, string target, int applied, int mended);

    [LoggerMessage(401, LogLevel.Information, "The configuration changed: BatchSize is {BatchSize}, MaxJsonBytes is {MaxJsonBytes} from now on.")]
    internal static partial void OptionsReloaded(ILogger logger, int batchSize, int maxJsonBytes);

    [LoggerMessage(402, LogLevel.Warning, "The configuration changed to one that cannot be, and nothing of it is taken over. {Faults}")]
    internal static partial void OptionsNotReloaded(ILogger logger, string faults);

    [LoggerMessage(403, LogLevel.Warning, "The configuration says what no option of the event store is called, and it has no effect: {Keys}.")]
    internal static partial void UnknownSettings(ILogger logger, string keys);

    [LoggerMessage(404, LogLevel.Warning, "The configuration has no section '{Section}', which the event store was told to read.")]
    internal static partial void SectionMissing(ILogger logger, string section);

    [LoggerMessage(410, LogLevel.Warning,
        "The connection to {Host}:{Port} is not encrypted, and that is not this machine: events can be read and changed on the way. Set SSL Mode=VerifyFull, and Root Certificate where the server's CA is your own, in the connection string.")]
    internal static partial void NotEncrypted(ILogger logger, string? host, int port);

    [LoggerMessage(500, LogLevel.Warning,
        "Commits in the {Target} could not be told of; observers find them by their poll. Tried again with the next commit. {Reason}")]
    internal static partial void CommitsNotTold(ILogger logger, string target, string reason);

    [LoggerMessage(501, LogLevel.Information, "Commits in the {Target} are told of again.")]
    internal static partial void CommitsToldAgain(ILogger logger, string target);

    [LoggerMessage(600, LogLevel.Information, "This instance runs subscription '{Subscription}' from version {Version} on; lease {Token}.")]
    internal static partial void LeaseTaken(ILogger logger, string subscription, long version, long token);

    [LoggerMessage(601, LogLevel.Information,
        "Subscription '{Subscription}': the lease or the checkpoint was changed from elsewhere; going on from what the database says.")]
    internal static partial void LeaseLost(ILogger logger, string subscription);

    [LoggerMessage(602, LogLevel.Warning, "Subscription '{Subscription}' cannot go on; trying again in {Wait}.")]
    internal static partial void SubscriptionRetried(ILogger logger, string subscription, TimeSpan wait, Exception error);

    [LoggerMessage(603, LogLevel.Warning, "The handler of subscription '{Subscription}' threw; trying again.")]
    internal static partial void HandlerRetried(ILogger logger, string subscription, Exception error);

    [LoggerMessage(604, LogLevel.Error, "Subscription '{Subscription}' is faulted. {Reason}")]
    internal static partial void SubscriptionFaulted(ILogger logger, string subscription, string reason);

    [LoggerMessage(605, LogLevel.Error, "Subscription '{Subscription}' skips the event of version {Version}, type '{EventType}', after {Attempts} attempts.")]
    internal static partial void EventSkipped(ILogger logger, string subscription, long version, string eventType, int attempts, Exception error);

    [LoggerMessage(606, LogLevel.Error,
        "Subscription '{Subscription}' parks the event of version {Version}, type '{EventType}', after {Attempts} attempts, and what follows in its stream.")]
    internal static partial void EventParked(ILogger logger, string subscription, long version, string eventType, int attempts, Exception error);

    [LoggerMessage(607, LogLevel.Warning, "Subscription '{Subscription}' could not handle the parked event of version {Version} this time either.")]
    internal static partial void ReplayedInVain(ILogger logger, string subscription, long version, Exception error);
}
