using Npgsql;

namespace SyncKit.EfStore.Tests;

/// <summary>SQL as psql or another program would send it: each statement alone, past the store.</summary>
internal static class RawSql
{
    /// <summary>A session of its own, which no pool keeps.</summary>
    internal static async Task<NpgsqlConnection> ConnectAsync(string connectionString)
    {
        var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    internal static async Task<int> RunAsync(this NpgsqlConnection connection, string sql, params object?[] values)
    {
        await using var command = connection.Command(sql, values);
        return await command.ExecuteNonQueryAsync();
    }

    internal static async Task<T> ScalarAsync<T>(this NpgsqlConnection connection, string sql, params object?[] values)
    {
        await using var command = connection.Command(sql, values);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>The first column of all rows.</summary>
    internal static async Task<List<T>> ColumnAsync<T>(this NpgsqlConnection connection, string sql, params object?[] values)
    {
        await using var command = connection.Command(sql, values);
        await using var reader = await command.ExecuteReaderAsync();
        var column = new List<T>();
        while (await reader.ReadAsync())
        {
            column.Add(await reader.GetFieldValueAsync<T>(0));
        }

        return column;
    }

    /// <summary>Ends when a session waits for a lock: what a test waits for before it goes on.</summary>
    /// <param name="connection">A session that waits for nothing itself.</param>
    /// <param name="sessions">So many, at least.</param>
    internal static async Task SomeoneWaitsAsync(this NpgsqlConnection connection, int sessions = 1)
    {
        while (await connection.ScalarAsync<long>(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") < sessions)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5));
        }
    }

    private static NpgsqlCommand Command(this NpgsqlConnection connection, string sql, object?[] values)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
        }

        return command;
    }
}
