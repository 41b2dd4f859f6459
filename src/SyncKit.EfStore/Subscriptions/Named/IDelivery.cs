namespace SyncKit.EfStore.Subscriptions.Named;

/// <summary>Brings events to the application's handler and moves the checkpoint.</summary>
internal interface IDelivery
{
    /// <summary>Throws where it can never work.</summary>
    /// <exception cref="SubscriptionException">The handler's context leads to another database.</exception>
    Task CheckAsync(CancellationToken cancellationToken);

    /// <summary>Handles a batch under the failure policy and saves the checkpoint, at the latest when it returns.</summary>
    /// <param name="run">The lease.</param>
    /// <param name="events">In version order; may be empty.</param>
    /// <param name="end">Where the checkpoint goes when all is handled.</param>
    /// <param name="cancellationToken">Ends it; what was handled stays handled as far as the delivery promises.</param>
    /// <returns>What stopped it, with the checkpoint before that event; null where all is done.</returns>
    Task<Fault?> DeliverAsync(
        ActiveRun run, IReadOnlyList<StoredEvent> events, CheckpointPosition end, CancellationToken cancellationToken);

    /// <summary>Handles one parked event, with retries, and saves that it is parked no more.</summary>
    /// <returns>Null where it is handled now.</returns>
    Task<HandlerFailure?> DeliverParkedAsync(ActiveRun run, StoredEvent stored, CancellationToken cancellationToken);
}
