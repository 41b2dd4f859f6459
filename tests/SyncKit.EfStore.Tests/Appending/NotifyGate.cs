using Npgsql;

namespace SyncKit.EfStore.Tests.Appending;

/// <summary>
/// Holds what a store tells after its commits, for as long as the test wants: the statement that sends asks the server for the names of
/// the channels, and here that waits for a lock. Appends that the trigger stands back from do not ask.
/// </summary>
internal sealed class NotifyGate : IAsyncDisposable
{
    private const long Key = 4_711;

    private readonly NpgsqlConnection _connection;

    private NotifyGate(NpgsqlConnection connection) => _connection = connection;

    /// <summary>On a database of the test's own.</summary>
    internal static async Task<NotifyGate> CloseAsync(string connectionString)
    {
        var connection = await RawSql.ConnectAsync(connectionString);
        await connection.RunAsync($"""
            CREATE OR REPLACE FUNCTION event_stream_channel(stream_name TEXT) RETURNS TEXT LANGUAGE plpgsql AS $$
            BEGIN
                PERFORM pg_advisory_xact_lock({Key});
                RETURN stream_name;
            END
            $$
            """);
        await connection.RunAsync($"SELECT pg_advisory_lock({Key})");
        return new NotifyGate(connection);
    }

    /// <summary>Ends when a send waits at the gate.</summary>
    internal Task SomeoneWaitsAsync() => _connection.SomeoneWaitsAsync();

    /// <summary>How many sends wait at the gate.</summary>
    internal Task<long> WaitingAsync() => _connection.ScalarAsync<long>(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'");

    internal Task OpenAsync() => _connection.RunAsync($"SELECT pg_advisory_unlock({Key})");

    public ValueTask DisposeAsync() => _connection.DisposeAsync();
}
