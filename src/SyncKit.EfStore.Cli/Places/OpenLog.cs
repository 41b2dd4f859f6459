namespace SyncKit.EfStore.Cli.Places;

/// <summary>A log that is open, whatever it is on.</summary>
/// <param name="source">To be copied from, or compared.</param>
/// <param name="target">To be copied into.</param>
/// <param name="store">To be read as any store.</param>
/// <param name="owner">Goes with this.</param>
internal sealed class OpenLog(IEventCopySource source, IEventCopyTarget target, IEventStore store, IAsyncDisposable owner) : IAsyncDisposable
{
    internal IEventCopySource Source => source;

    internal IEventCopyTarget Target => target;

    internal IEventStore Store => store;

    public ValueTask DisposeAsync() => owner.DisposeAsync();
}
