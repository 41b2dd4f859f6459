namespace SyncKit.EfStore.Testing;

/// <summary>What a <see cref="FaultSchedule"/> does, to whom, and how often.</summary>
public sealed class FaultScheduleOptions
{
    /// <summary>The database of the event store, past every proxy.</summary>
    public required string ConnectionString { get; init; }

    /// <summary>
    /// How many of each kind. Without a <see cref="Duration"/> exactly so many happen, shuffled; with one these are weights, by which each
    /// fault is drawn until the time is up. None may be negative, and not all zero.
    /// </summary>
    public required IReadOnlyDictionary<FaultKind, int> Mix { get; init; }

    /// <summary>The same seed makes the same faults in the same order with the same pauses.</summary>
    /// <value>Defaults to 1.</value>
    public int Seed { get; init; } = 1;

    /// <summary>How long faults go on.</summary>
    /// <value>Defaults to <see langword="null"/>: until all of <see cref="Mix"/> have happened.</value>
    public TimeSpan? Duration { get; init; }

    /// <summary>The pause between faults on average; each is between nothing and twice this. Zero or more.</summary>
    /// <value>Defaults to 100 ms.</value>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The <c>application_name</c> of the sessions that <see cref="FaultKind.TerminateBackend"/> may choose.</summary>
    /// <value>Defaults to <see langword="null"/>: all sessions of the database.</value>
    public string? Victims { get; init; }

    /// <summary>The wire between the application and the server. Required for cuts and silences.</summary>
    /// <value>Defaults to <see langword="null"/>.</value>
    public TcpProxy? Proxy { get; init; }

    /// <summary>
    /// A silent connection is reset after this long, as the server's own keep-alive would do; an application with a shorter one has noticed
    /// before. Zero or more.
    /// </summary>
    /// <value>Defaults to 10 s.</value>
    public TimeSpan SilenceFor { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest time that <see cref="FaultKind.HoldTransaction"/> holds a version. Zero or more.</summary>
    /// <value>Defaults to 500 ms.</value>
    public TimeSpan HoldFor { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>A private cluster. Required for restarts and crashes.</summary>
    /// <value>Defaults to <see langword="null"/>.</value>
    public PostgresServer? Server { get; init; }

    /// <summary>How long the server stays away in a restart or crash. Zero or more.</summary>
    /// <value>Defaults to 200 ms.</value>
    public TimeSpan DownFor { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// A fault that finds nobody to hit (no session of that name, no connection through the proxy) is tried again for this long.
    /// </summary>
    /// <value>Defaults to 30 s.</value>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    internal void Validate()
    {
        if (Mix.Values.Any(count => count < 0) || Mix.Values.All(count => count == 0))
        {
            throw new ArgumentException("FaultScheduleOptions.Mix must name at least one fault, and no negative number.");
        }

        if (Duration <= TimeSpan.Zero || new[] { Pause, SilenceFor, HoldFor, DownFor, Patience }.Any(span => span < TimeSpan.Zero))
        {
            throw new ArgumentException("The times of FaultScheduleOptions must be zero or more, and Duration more than zero.");
        }

        if (Proxy is null && (Has(FaultKind.CutConnections) || Has(FaultKind.SilenceConnections)))
        {
            throw new ArgumentException("FaultScheduleOptions.Proxy is required to cut or silence connections.");
        }

        if ((Has(FaultKind.RestartServer) || Has(FaultKind.CrashServer)) && Server is not { CanRestart: true })
        {
            throw new ArgumentException(
                "FaultScheduleOptions.Server must be a private cluster to be restarted or crashed; "
                + (Server is null ? "it is not set." : $"it is {Server.Description}."));
        }
    }

    private bool Has(FaultKind kind) => Mix.GetValueOrDefault(kind) > 0;
}
