namespace SyncKit.EfStore.Sample;

/// <summary>Takes its time, so that there is lag to see.</summary>
internal sealed class Mails : IEventHandler
{
    private static readonly TimeSpan Time = TimeSpan.FromMilliseconds(15);

    public Task HandleAsync(StoredEvent stored, CancellationToken cancellationToken) => Task.Delay(Time, cancellationToken);
}
