namespace SyncKit.EfStore.Tests.Contract;

/// <summary>An empty log of a test class, and any number of stores on it.</summary>
public interface IStoreFixture : IAsyncDisposable
{
    StoreTraits Traits { get; }

    Task StartAsync(CancellationToken cancellationToken);

    /// <summary>Another store on the same log, as another process would have it. The fixture disposes it if the test does not.</summary>
    /// <param name="batchSize">Events in a page of a read.</param>
    /// <param name="maxJsonBytes">The largest document.</param>
    IEventStore Open(int batchSize = 1_000, int maxJsonBytes = EventLimits.DefaultMaxJsonBytes);
}
