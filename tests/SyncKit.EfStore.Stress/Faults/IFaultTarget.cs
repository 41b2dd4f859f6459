namespace SyncKit.EfStore.Stress.Faults;

/// <summary>
/// A handler with a checkpoint that must do each event exactly once in effect, whatever breaks. Its effect is the table of
/// <see cref="Folding.FoldTable"/>. Another kind of handler is
/// another file, and a line in <see cref="FaultTargets"/>. One object for each run.
/// </summary>
internal interface IFaultTarget : IAsyncDisposable
{
    /// <summary>What the table calls it.</summary>
    string Name { get; }

    /// <summary>Makes what it needs beside the tables of the store and <c>fold</c>, and starts to handle. Goes on until disposed.</summary>
    /// <param name="direct">The database, past the wire: for what is made once.</param>
    /// <param name="suffering">
    /// The database through the wire: for everything else. Its sessions are to bear the application name
    /// <see cref="StoreHost.ApplicationName"/>, by which they are killed, and a keep-alive of a second, without which silence is never noticed.
    /// </param>
    /// <param name="cancellationToken">Gives up the start.</param>
    Task StartAsync(string direct, string suffering, CancellationToken cancellationToken);

    /// <summary>The version up to which everything is handled, as the database has it.</summary>
    Task<long> CheckpointAsync(string direct, CancellationToken cancellationToken);
}
