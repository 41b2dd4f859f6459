namespace SyncKit.EfStore.Benchmarks.Listening;

/// <summary>Someone who is told of events.</summary>
internal interface INotified : IAsyncDisposable
{
    /// <summary>What has arrived.</summary>
    Arrivals Arrivals { get; }

    /// <summary>The id of the event that an arrival tells of.</summary>
    string IdOf(string what);
}
