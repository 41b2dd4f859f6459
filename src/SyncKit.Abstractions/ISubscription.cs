namespace SyncKit;

/// <summary>A named subscription that this process hosts. Safe for any number of threads.</summary>
public interface ISubscription
{
    /// <summary>Its name, the same in every process.</summary>
    string Name { get; }

    /// <summary>What this instance of it is doing now.</summary>
    SubscriptionState State { get; }

    /// <summary>The state now, and each change of it. Observers are called on threads of their own and cannot hold the subscription up.</summary>
    IObservable<SubscriptionState> States { get; }

    /// <summary>Ends when this instance is in a status, at once where it is in it already.</summary>
    /// <returns>The state that fulfilled it, which may have passed.</returns>
    Task<SubscriptionState> WaitForStateAsync(SubscriptionStatus status, CancellationToken cancellationToken = default);
}
