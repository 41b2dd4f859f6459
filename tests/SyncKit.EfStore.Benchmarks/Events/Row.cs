namespace SyncKit.EfStore.Benchmarks.Events;

/// <summary>An event in the two forms that contenders take: as the store does, and column by column.</summary>
/// <param name="Event">Id, stream, type, data and metadata.</param>
/// <param name="Data">The data as UTF-8, for a driver.</param>
/// <param name="Metadata">The metadata as UTF-8, for a driver.</param>
/// <param name="StreamVersion">Its place in its stream, if all rows are stored in order.</param>
internal sealed record Row(EventData Event, byte[] Data, byte[] Metadata, long StreamVersion);
