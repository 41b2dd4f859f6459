namespace SyncKit.EfStore.Importing;

/// <summary>An event and where in its input it stands.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Event">What stands there.</param>
internal readonly record struct NumberedEvent(long Line, EventData Event);
