namespace SyncKit.EfStore.Testing.Sources;

/// <summary>One source cannot be used; the message is the reason, and the search goes on with the next.</summary>
internal sealed class SourceUnavailableException(string reason, Exception? innerException = null) : Exception(reason, innerException);
