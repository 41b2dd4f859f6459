using Npgsql;

namespace SyncKit.EfStore.Stress.Writing;

/// <summary>Writers that work until enough events are committed, through every session they lose.</summary>
internal sealed class WriterCrew(string connectionString, IEventStore store, int seed, bool drawsEarly)
{
    private const int Writers = 8;

    // Out of 100; what the others leave is Single. Of early draws there are 15 in 100 where there are any.
    private static readonly (WriteKind Kind, int Share)[] Shares =
    [
        (WriteKind.MultiRow, 15),
        (WriteKind.Savepoint, 7),
        (WriteKind.RolledBackSavepoint, 10),
        (WriteKind.Copy, 10),
        (WriteKind.Conflict, 8),
        (WriteKind.RolledBack, 10),
        (WriteKind.Store, 10),
    ];

    private int _committed;
    private int _failed;

    /// <summary>How many events were acknowledged. The log may hold more: of commits whose answer was lost.</summary>
    internal int Committed => Volatile.Read(ref _committed);

    /// <summary>How many transactions ended in an error, as those of killed sessions do.</summary>
    internal int Failed => Volatile.Read(ref _failed);

    internal Task RunAsync(int events, CancellationToken cancellationToken) =>
        Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(() => WriteAsync(writer, events, cancellationToken), cancellationToken)));

    private async Task WriteAsync(int writer, int events, CancellationToken cancellationToken)
    {
        var random = new Random(unchecked((seed * 397) + writer)); // Not HashCode, which differs from process to process.
        await using var writes = new Writes(connectionString, store, writer, random);
        while (Committed < events)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                Interlocked.Add(ref _committed, await writes.RunAsync(Choose(random), cancellationToken));
            }
            catch (Exception error) when (
                error is NpgsqlException or EventStoreException or IOException or InvalidOperationException or ObjectDisposedException
                && !cancellationToken.IsCancellationRequested)
            {
                // Its session was killed, or a commit's answer was lost. What the log holds decides.
                Interlocked.Increment(ref _failed);
                await writes.DisposeAsync();
            }
        }
    }

    private WriteKind Choose(Random random)
    {
        if (drawsEarly && random.Next(100) < 15)
        {
            return WriteKind.DrawnEarly;
        }

        var draw = random.Next(100);
        foreach (var (kind, share) in Shares)
        {
            draw -= share;
            if (draw < 0)
            {
                return kind;
            }
        }

        return WriteKind.Single;
    }
}
