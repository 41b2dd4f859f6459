namespace SyncKit.EfStore.Cli.Doctor;

/// <summary>A client's session that is in a transaction.</summary>
/// <param name="Pid">Of its process.</param>
/// <param name="Application">As it calls itself.</param>
/// <param name="Role">Whose it is.</param>
/// <param name="Database">Where it is.</param>
/// <param name="Age">How long its transaction lasts.</param>
/// <param name="IsIdle">Whether it does nothing in it.</param>
/// <param name="Listens">Whether its last statement was a LISTEN.</param>
internal sealed record OpenTransaction(int Pid, string Application, string Role, string Database, TimeSpan Age, bool IsIdle, bool Listens)
{
    // Who sees what is PostgreSQL's decision: of other roles' sessions the state is hidden unless this role has pg_read_all_stats.
    private const string ReadSql = """
        SELECT
            pid,
            coalesce(nullif(application_name, ''), 'unnamed'),
            coalesce(usename::text, '?'),
            coalesce(datname::text, '?'),
            clock_timestamp() - xact_start,
            state IN ('idle in transaction', 'idle in transaction (aborted)'),
            query ~* '^\s*LISTEN\M'
        FROM pg_stat_activity
        WHERE backend_type = 'client backend' AND xact_start IS NOT NULL AND pid <> pg_backend_pid()
        ORDER BY xact_start
        """;

    internal string Name => $"Process {Pid} ({Application}, role '{Role}', database '{Database}')";

    /// <summary>The oldest first.</summary>
    internal static Task<List<OpenTransaction>> ReadAsync(Patient patient, CancellationToken cancellationToken) => patient.QueryAsync(
        ReadSql,
        reader => new OpenTransaction(
            reader.GetInt32(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.GetTimeSpan(4), reader.GetBoolean(5),
            reader.GetBoolean(6)),
        cancellationToken);
}
