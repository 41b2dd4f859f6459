namespace SyncKit.EfStore.Testing;

/// <summary>How <see cref="PostgresServer.StopAsync"/> stops a private cluster.</summary>
public enum ServerShutdown
{
    /// <summary>Open transactions are rolled back, clients disconnected, and the data written out, as in a planned restart.</summary>
    Fast,

    /// <summary>Everything stops at once, as in a crash: the next start replays the write-ahead log.</summary>
    Immediate,
}
