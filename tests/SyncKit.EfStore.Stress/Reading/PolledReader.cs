using Npgsql;

namespace SyncKit.EfStore.Stress.Reading;

/// <summary>Reads what is behind a cursor, again and again, the cursor being the last version read: what every sync client does.</summary>
internal static class PolledReader
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    internal static async Task FollowAsync(
        Func<EventVersion, CancellationToken, IAsyncEnumerable<StoredEvent>> read,
        Action<EventVersion> deliver,
        Action ready,
        CancellationToken stopping)
    {
        var cursor = EventVersion.Zero;
        ready();
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await foreach (var stored in read(cursor, stopping))
                {
                    deliver(stored.Version);
                    cursor = stored.Version;
                }

                await Task.Delay(Pause, stopping);
            }
            catch (Exception) when (stopping.IsCancellationRequested)
            {
                return; // Stopping breaks off the read; whatever that threw is not news.
            }
            catch (Exception error) when (error is EventStoreException or NpgsqlException or IOException or TimeoutException)
            {
                // Its connection was killed: on from the cursor.
            }
        }
    }
}
