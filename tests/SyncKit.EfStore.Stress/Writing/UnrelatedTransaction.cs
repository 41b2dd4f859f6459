using Npgsql;

namespace SyncKit.EfStore.Stress.Writing;

/// <summary>A transaction that writes to another table and stays open for four seconds, again and again.</summary>
internal static class UnrelatedTransaction
{
    private static readonly TimeSpan OpenFor = TimeSpan.FromSeconds(4);

    internal static async Task RunAsync(string connectionString, CancellationToken stopping)
    {
        await using var connection = await OpenAsync(connectionString);
        await ExecuteAsync(connection, "CREATE TABLE unrelated (id bigserial)");
        while (!stopping.IsCancellationRequested)
        {
            await ExecuteAsync(connection, "BEGIN; INSERT INTO unrelated DEFAULT VALUES");
            await Task.Delay(OpenFor, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await ExecuteAsync(connection, "COMMIT");
        }
    }

    /// <summary>One of them, open for so long.</summary>
    internal static async Task HoldAsync(string connectionString, TimeSpan openFor, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(connectionString);
        await ExecuteAsync(connection, "CREATE TABLE IF NOT EXISTS unrelated (id bigserial)");
        await ExecuteAsync(connection, "BEGIN; INSERT INTO unrelated DEFAULT VALUES");
        await Task.Delay(openFor, cancellationToken);
        await ExecuteAsync(connection, "COMMIT");
    }

    private static async Task<NpgsqlConnection> OpenAsync(string connectionString)
    {
        var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, ApplicationName = "unrelated" }.ConnectionString);
        await connection.OpenAsync(CancellationToken.None);
        return connection;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
