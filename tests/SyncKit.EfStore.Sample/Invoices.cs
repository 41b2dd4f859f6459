namespace SyncKit.EfStore.Sample;

/// <summary>Cannot handle one event in a thousand, which parks its stream.</summary>
internal sealed class Invoices : IEventHandler
{
    private const int OneIn = 1_000;

    public Task HandleAsync(StoredEvent stored, CancellationToken cancellationToken) =>
        stored.Version.Value % OneIn == 0 ? throw new FormatException($"The sample cannot handle version {stored.Version}.") : Task.CompletedTask;
}
