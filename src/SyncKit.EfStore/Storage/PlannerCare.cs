using Npgsql;

namespace SyncKit.EfStore.Storage;

/// <summary>
/// Sees that the store's statements use the indexes: a plan prepared while the table was empty would scan it when it is full. Either for one
/// transaction, as the first command of its batch; or for the sessions of the store's own pool, once for each.
/// </summary>
internal static class PlannerCare
{
    internal const string Expression = "set_config('enable_seqscan', 'off', true)";

    // Behind a pooler in transaction mode the session is somebody else's too. A pooler gives out process ids of its own.
    private const string SessionSql =
        "SELECT CASE WHEN pg_backend_pid() = $1 THEN set_config('enable_seqscan', 'off', false) END IS NOT NULL";

    internal static NpgsqlBatchCommand Command() => new("SELECT " + Expression);

    /// <summary>Takes care for as long as the connection lives; false where it leads to a pooler, whose sessions are left as they are.</summary>
    /// <param name="connection">Just opened.</param>
    /// <param name="processId">The process id that the connection was told of.</param>
    internal static async Task<bool> TakeForSessionAsync(NpgsqlConnection connection, int processId)
    {
        await using var command = Session(connection, processId);
        return (bool)(await command.ExecuteScalarAsync().ConfigureAwait(false))!;
    }

    /// <inheritdoc cref="TakeForSessionAsync"/>
    internal static bool TakeForSession(NpgsqlConnection connection, int processId)
    {
        using var command = Session(connection, processId);
        return (bool)command.ExecuteScalar()!;
    }

    private static NpgsqlCommand Session(NpgsqlConnection connection, int processId) =>
        new(SessionSql, connection) { Parameters = { new NpgsqlParameter<int> { TypedValue = processId } } };
}
