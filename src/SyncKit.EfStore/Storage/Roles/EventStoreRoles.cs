using System.Data;
using System.Text;
using Npgsql;
using SyncKit.EfStore.Storage;
using SyncKit.EfStore.Storage.Roles;

namespace SyncKit.EfStore;

/// <summary>
/// Least privilege for the roles that share an event log. Idempotent: what is too wide is taken away, from everybody (PUBLIC) too, and what
/// is needed is granted. Afterwards the library runs as the writer, with no other right.
/// </summary>
public static class EventStoreRoles
{
    private const string DefaultSchema = "public";
    private const string DefaultSequence = "events_version_seq";

    // As an application's search path places the log; the sequence may have kept another name from before it was adopted.
    private const string LookSql = $"""
        SELECT current_schema(), (SELECT relname::text FROM pg_class WHERE oid = pg_get_serial_sequence('{SchemaNames.EventsTable}', 'version')::regclass)
        """;

    /// <summary>The SQL, one transaction, to be read and run by hand as the owner of the log.</summary>
    /// <param name="roles">Who is who, at least one.</param>
    /// <param name="schema">Where the log is.</param>
    /// <exception cref="InvalidInputException">No role can have such a name, or two are the same, or there is none.</exception>
    public static string Script(EventStoreRoleNames roles, string schema = DefaultSchema)
    {
        var script = new StringBuilder("BEGIN;\n\n");
        foreach (var statement in Statements(roles, SqlIdentifier.CheckSchema(schema), DefaultSequence))
        {
            script.Append(statement).Append(";\n");
        }

        return script.Append("\nCOMMIT;\n").ToString();
    }

    /// <summary>Runs it, in the schema where the connection finds the log. All of it or nothing.</summary>
    /// <param name="connectionString">A role that owns the log; to create roles it must be allowed to, and to give the log away a member of the new owner.</param>
    /// <param name="roles">Who is who, at least one.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="InvalidInputException">
    /// No role can have such a name, or two are the same, or there is none; a role is missing; or one could still do more afterwards, for it is a
    /// superuser, say.
    /// </exception>
    /// <exception cref="EventStoreUnavailableException">The server cannot be reached or refuses, or has no current event log.</exception>
    public static async Task ApplyAsync(string connectionString, EventStoreRoleNames roles, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(connectionString);
        _ = Statements(roles, DefaultSchema, DefaultSequence);
        var target = PostgresErrors.Target(connectionString);
        try
        {
            // Once in a deployment: no session of the owner's is to stay behind in a pool.
            var own = new NpgsqlConnectionStringBuilder(ConnectionStrings.ForPrimary(connectionString)) { Pooling = false };
            await using var connection = new NpgsqlConnection(own.ConnectionString);
            await connection.OpenMarkedAsync(cancellationToken).ConfigureAwait(false);
            await SchemaCheck.RequireAsync(connection, target, cancellationToken).ConfigureAwait(false);
            await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken).ConfigureAwait(false);
            var (schema, sequence) = await LookAsync(connection, cancellationToken).ConfigureAwait(false);
            foreach (var statement in Statements(roles, schema, sequence))
            {
                await RunAsync(statement, connection, cancellationToken).ConfigureAwait(false);
            }

            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.UndefinedObject)
        {
            throw new InvalidInputException("role", "must exist, or be asked to be created", error.MessageText, error);
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.InvalidGrantOperation)
        {
            throw new InvalidInputException("role", "must have no right but those granted here", error.MessageText.TrimEnd('.'), error);
        }
        catch (Exception error) when (PostgresErrors.Describes(error))
        {
            throw PostgresErrors.Translate(error, target);
        }
    }

    private static async Task RunAsync(string statement, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(statement, connection);
        try
        {
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.DependentObjectsStillExist)
        {
            // It has to be somebody's decision, for others lose a right by it that this was not told of.
            throw new InvalidInputException(
                "role",
                "must not have passed on to others what it was granted WITH GRANT OPTION",
                $"it did. Take it from all of them, as the owner of the log, and then run this again: {statement} CASCADE",
                error);
        }
    }

    private static IReadOnlyList<string> Statements(EventStoreRoleNames roles, string schema, string sequence)
    {
        ArgumentNullException.ThrowIfNull(roles);
        foreach (var (name, field) in new[] { (roles.Owner, "owner"), (roles.Writer, "writer"), (roles.Reader, "reader"), (roles.Eraser, "eraser") })
        {
            if (name is not null)
            {
                SqlIdentifier.CheckRole(name, field);
            }
        }

        var named = roles.All.ToList();
        return named.Count == 0 || named.Distinct(StringComparer.Ordinal).Count() < named.Count
            ? throw new InvalidInputException("roles", "must be at least one, each with a name of its own", $"they are '{string.Join("', '", named)}'")
            : [.. new RoleStatements(roles, schema, sequence).All()];
    }

    private static async Task<(string Schema, string Sequence)> LookAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(LookSql, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        return (reader.GetString(0), reader.IsDBNull(1) ? DefaultSequence : reader.GetString(1));
    }
}
