namespace SyncKit;

/// <summary>How far a rebuild is, counted in versions of the log: gaps and what is filtered out count too.</summary>
/// <param name="From">Where it began.</param>
/// <param name="Target">The end of the log when it was asked for.</param>
/// <param name="Done">Versions behind <paramref name="From"/> that are done.</param>
/// <param name="Elapsed">Since it was asked for, by the server's clock; pauses count.</param>
public sealed record RebuildProgress(EventVersion From, EventVersion Target, long Done, TimeSpan Elapsed)
{
    /// <summary>Versions from the beginning to the target.</summary>
    public long Total => Target.Value - From.Value;

    /// <summary>Versions a second, on average since it was asked for.</summary>
    public double Rate => Elapsed > TimeSpan.Zero ? Done / Elapsed.TotalSeconds : 0;

    /// <summary>At this rate; null before the first batch.</summary>
    public TimeSpan? TimeLeft => Rate > 0 ? TimeSpan.FromSeconds(Math.Min((Total - Done) / Rate, TimeSpan.MaxValue.TotalSeconds / 2)) : null;
}
