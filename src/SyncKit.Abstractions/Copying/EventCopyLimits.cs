namespace SyncKit;

/// <summary>What one batch of a copy may hold, and one event of it.</summary>
/// <param name="MaxEvents">So many events at most.</param>
/// <param name="MaxStreams">Of so many streams at most.</param>
/// <param name="MaxBytes">So many bytes of data and metadata at most; one larger event goes alone.</param>
/// <param name="MaxJsonBytes">The largest data or metadata document, in bytes of UTF-8.</param>
public sealed record EventCopyLimits(int MaxEvents, int MaxStreams, long MaxBytes, int MaxJsonBytes);
