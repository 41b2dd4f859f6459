using Npgsql;

namespace SyncKit.EfStore.Cli.Hosting;

/// <summary>The tool's own looks at a database.</summary>
internal static class NpgsqlRows
{
    /// <summary>All rows of a statement.</summary>
    /// <param name="connection">Open.</param>
    /// <param name="sql">One statement, with <c>$1</c> … for the values.</param>
    /// <param name="read">Makes an item of a row.</param>
    /// <param name="timeout">Seconds; 0 for no end, null for what the connection string says.</param>
    /// <param name="values">In order.</param>
    /// <param name="cancellationToken">Ends the statement.</param>
    internal static async Task<List<T>> QueryAsync<T>(
        this NpgsqlConnection connection, string sql, Func<NpgsqlDataReader, T> read, int? timeout, object[] values, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.CommandTimeout = timeout ?? command.CommandTimeout;
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(read(reader));
        }

        return rows;
    }
}
