namespace SyncKit.EfStore.Ordering;

/// <summary>A transaction that may still commit a version below one that is visible.</summary>
/// <param name="VirtualTransaction">What the server calls it.</param>
/// <param name="Below">Everything up to here was settled without it.</param>
/// <param name="SeenSince">When it was seen first.</param>
internal readonly record struct OpenHolder(string VirtualTransaction, long Below, DateTimeOffset SeenSince);
