using Npgsql;

namespace SyncKit.EfStore.Stress.Soak;

/// <summary>Measures this process and the server every so often. A moment at which the server is away is left out.</summary>
internal sealed class Sampler(string connectionString, TimeSpan every, Func<long> events)
{
    private const string Sql = """
        SELECT
            (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()),
            pg_notification_queue_usage()
        """;

    private readonly List<Sample> _samples = [];

    internal IReadOnlyList<Sample> Samples => _samples;

    internal async Task RunAsync(IProgress<Sample> progress, CancellationToken stopping)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!stopping.IsCancellationRequested)
        {
            await Task.Delay(every, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                await using var connection = new NpgsqlConnection(
                    new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, Timeout = 5 }.ConnectionString);
                await connection.OpenAsync(CancellationToken.None);
                await using var command = new NpgsqlCommand(Sql, connection);
                await using var row = await command.ExecuteReaderAsync(CancellationToken.None);
                await row.ReadAsync(CancellationToken.None);
                _samples.Add(new Sample(
                    TimeProvider.System.GetElapsedTime(began),
                    GC.GetTotalMemory(forceFullCollection: true),
                    Environment.WorkingSet,
                    row.GetInt64(0),
                    row.GetDouble(1),
                    events()));
                progress.Report(_samples[^1]);
            }
            catch (NpgsqlException)
            {
                // Being restarted.
            }
        }
    }
}
