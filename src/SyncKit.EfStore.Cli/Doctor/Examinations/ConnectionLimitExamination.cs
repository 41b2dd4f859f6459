using System.Data.Common;

namespace SyncKit.EfStore.Cli.Doctor.Examinations;

/// <summary>Whether the server has room for the application's pools.</summary>
internal sealed class ConnectionLimitExamination : IExamination
{
    private const double Nearly = 0.9;

    // reserved_connections is new in PostgreSQL 16.
    private const string ReadSql = """
        SELECT
            current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
                - coalesce(current_setting('reserved_connections', true), '0')::int,
            (SELECT count(*)::int FROM pg_stat_activity WHERE datid IS NOT NULL AND usesysid IS NOT NULL),
            (SELECT CASE WHEN rolsuper THEN -1 ELSE rolconnlimit END FROM pg_roles WHERE rolname = session_user),
            (SELECT datconnlimit FROM pg_database WHERE datname = current_database()),
            quote_ident(session_user),
            quote_ident(current_database())
        """;

    public string Name => "connection-limit";

    public bool NeedsLog => false;

    public async Task<Diagnosis> ExamineAsync(Patient patient, CancellationToken cancellationToken)
    {
        var server = await patient.ReadAsync(
            ReadSql,
            reader => (
                Available: reader.GetInt32(0), Used: reader.GetInt32(1), Role: reader.GetInt32(2), Database: reader.GetInt32(3),
                RoleName: reader.GetString(4), DatabaseName: reader.GetString(5)),
            cancellationToken);
        var pool = patient.Settings.MaxPoolSize;

        // And one for the listener.
        var process = pool + 1;
        var diagnosis = Diagnosis.Fine($"{server.Used} of {server.Available} connections are in use; a pool of this connection string may grow to {pool}.");
        if (server.Used >= server.Available * Nearly)
        {
            diagnosis.Warn(
                $"{server.Used} of {server.Available} connections are in use: the next pool that grows is refused.",
                "Lower Maximum Pool Size, close what is idle, raise max_connections, or put PgBouncer in front.");
        }

        // Npgsql's own default is as large as PostgreSQL's, and seldom reached: only a size that somebody chose is held against the server.
        if (process > server.Available && IsChosen(patient.Settings.ConnectionString))
        {
            diagnosis.Warn(
                $"A process may open {process} connections (Maximum Pool Size={pool} and a listener), the server gives {server.Available}.",
                $"Set Maximum Pool Size to less than {server.Available} divided by the number of processes, or raise max_connections.");
        }

        if (server.Role >= 0 && process > server.Role)
        {
            diagnosis.Warn(
                $"A process may open {process} connections (Maximum Pool Size={pool} and a listener), role {server.RoleName} is limited to {server.Role}.",
                $"Set Maximum Pool Size to less than {server.Role}, or ALTER ROLE {server.RoleName} CONNECTION LIMIT {process};");
        }

        if (server.Database >= 0 && process > server.Database)
        {
            diagnosis.Warn(
                $"A process may open {process} connections (Maximum Pool Size={pool} and a listener), the database is limited to {server.Database}.",
                $"Set Maximum Pool Size to less than {server.Database}, or ALTER DATABASE {server.DatabaseName} CONNECTION LIMIT {process};");
        }

        return diagnosis;
    }

    private static bool IsChosen(string connectionString) =>
        new DbConnectionStringBuilder { ConnectionString = connectionString }.ContainsKey("Maximum Pool Size");
}
