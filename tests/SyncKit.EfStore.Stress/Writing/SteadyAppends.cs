namespace SyncKit.EfStore.Stress.Writing;

/// <summary>Steady appends: fifty a second, each repeated until it is stored.</summary>
/// <param name="store">The store.</param>
/// <param name="stored">Called with each event that is stored, and the time stamp of when that was known.</param>
internal sealed class SteadyAppends(IEventStore store, Action<EventVersion, long>? stored = null)
{
    internal const int Streams = 40;
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(20);

    private long _stored;
    private long _repeated;

    /// <summary>How many events are stored.</summary>
    internal long Stored => Interlocked.Read(ref _stored);

    /// <summary>How often an append failed and was done again, with the same event.</summary>
    internal long Repeated => Interlocked.Read(ref _repeated);

    internal async Task RunAsync(CancellationToken stopping)
    {
        using var pace = new PeriodicTimer(Pace);
        while (!stopping.IsCancellationRequested)
        {
            await StoreAsync(EventData.FromJson($"soak-{Stored % Streams}", "Soaked", $$"""{"number": {{Stored}}}"""), stopping);
            try
            {
                await pace.WaitForNextTickAsync(stopping);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task StoreAsync(EventData soaked, CancellationToken stopping)
    {
        // Not cancelled by the end: then whether it is stored would be open.
        while (true)
        {
            try
            {
                var result = await store.StoreAsync(soaked, CancellationToken.None);
                stored?.Invoke(result.Version, TimeProvider.System.GetTimestamp());
                Interlocked.Increment(ref _stored);
                return;
            }
            catch (EventStoreException) when (!stopping.IsCancellationRequested)
            {
                Interlocked.Increment(ref _repeated);
            }
        }
    }
}
