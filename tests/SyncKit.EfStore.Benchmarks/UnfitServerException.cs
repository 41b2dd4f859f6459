namespace SyncKit.EfStore.Benchmarks;

/// <summary>The server is set up so that its figures would say nothing.</summary>
internal sealed class UnfitServerException(string message) : Exception(message);
