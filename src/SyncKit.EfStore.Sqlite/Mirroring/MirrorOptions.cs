namespace SyncKit.EfStore.Sqlite;

/// <summary>How a mirror works. All faults are reported at once.</summary>
public sealed class MirrorOptions
{
    /// <summary>
    /// A file on a local disk, created where it is missing: it remembers which place leads, and a process that mirrors holds it locked, so that no
    /// second one does. Its folder must be there. Required.
    /// </summary>
    public string StateFile { get; set; } = "";

    /// <summary>Which place leads while <see cref="StateFile"/> is not there yet; afterwards the file decides. Default: the first.</summary>
    public MirrorSide Leader { get; set; } = MirrorSide.First;

    /// <summary>
    /// How often the leader is looked at for events of other processes, 10 ms to 1 hour; what is appended here is followed at once. Default: 1 second.
    /// </summary>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long the longest pause between two attempts at a place that is away is, 10 ms to 1 hour; the first is 100 ms, or less if this is. Default: 10 seconds.
    /// </summary>
    public TimeSpan MaxRetryDelay { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long appends wait at most while the lead is switched, 10 ms to 1 hour; past it, it is not switched. Default: 30 seconds.</summary>
    public TimeSpan SwitchTimeout { get; set; } = TimeSpan.FromSeconds(30);
}
