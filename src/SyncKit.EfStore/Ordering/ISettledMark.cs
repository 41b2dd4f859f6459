namespace SyncKit.EfStore;

/// <summary>
/// The settled mark of the log: every version up to it is committed, or will never appear. One for each store, shared by all its readers.
/// Safe for any number of threads.
/// </summary>
public interface ISettledMark
{
    /// <summary>
    /// The mark as this process last saw it, without asking the server; zero before the first read. It moves while someone reads or waits.
    /// It goes back only where the log did: rows that were there are gone.
    /// </summary>
    EventVersion Version { get; }

    /// <summary>
    /// Who holds the mark back for a second or more; null where nobody does. Kept up to date while someone reads or waits, and after that until
    /// the one named has ended. Its beginning and its end are logged.
    /// </summary>
    SettledMarkHolder? Holder { get; }

    /// <summary>Ends when a version is settled.</summary>
    /// <remarks>
    /// One that is visible is waited for at the pace of the log. For one that nobody has committed yet the log is looked at every
    /// <see cref="EventStoreOptions.PollInterval"/>, and whenever this process reads.
    /// </remarks>
    /// <param name="version">The version; settled at once where the mark is there already.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="EventStoreUnavailableException">The log cannot be read. Wait again.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The store was disposed.</exception>
    Task WaitUntilSettledAsync(EventVersion version, CancellationToken cancellationToken = default);

    /// <summary>
    /// The way out for an operator, never taken by itself: this process stops waiting for one holder, and logs who it was and which versions
    /// that concerns. Should the holder commit after all, its events appear below the mark, and readers and subscriptions of this process that
    /// went on will never see them.
    /// </summary>
    /// <remarks>
    /// Nearly always it is better to end the holder (<c>pg_terminate_backend</c>, <c>ROLLBACK PREPARED</c>), which loses nothing that was
    /// promised. It concerns this process alone, and only until the holder has ended or the server restarts.
    /// </remarks>
    /// <param name="holder">The <see cref="Holder"/> as it was looked at: whoever has taken its place meanwhile is still waited for.</param>
    /// <param name="cancellationToken">Ends the wait; the holder may be passed over all the same.</param>
    /// <returns>Where the mark is now. Nothing changes where the holder has ended already.</returns>
    /// <exception cref="EventStoreUnavailableException">The log cannot be read.</exception>
    /// <exception cref="ObjectDisposedException">The store was disposed.</exception>
    Task<EventVersion> AcceptLossAsync(SettledMarkHolder holder, CancellationToken cancellationToken = default);
}
