namespace SyncKit.EfStore.Stress.Writing;

/// <summary>Steady appends: fifty a second, each repeated until it is stored.</summary>
internal sealed class SteadyAppends(IEventStore store)
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
                await store.StoreAsync(soaked, CancellationToken.None);
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
