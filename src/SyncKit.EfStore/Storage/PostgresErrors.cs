using System.Net.Sockets;
using Npgsql;

namespace SyncKit.EfStore.Storage;

/// <summary>
/// SqlState and constraint → our exceptions, each saying what to do. Decides by message text only where Npgsql gives nothing else.
/// </summary>
internal static class PostgresErrors
{
    /// <summary>Whether <see cref="Translate"/> has something to say about it.</summary>
    internal static bool Describes(Exception error) => error is NpgsqlException or SocketException or TimeoutException;

    internal static bool IsUniqueViolation(PostgresException error) => error is
    {
        SqlState: PostgresErrorCodes.UniqueViolation,
        ConstraintName: SchemaNames.IdKey or SchemaNames.StreamIndex,
    };

    internal static bool IsTakenId(PostgresException error) => IsUniqueViolation(error) && error.ConstraintName == SchemaNames.IdKey;

    /// <summary>Whether the server refused an event itself, which is then refused each time.</summary>
    internal static bool IsRefusal(PostgresException error) =>
        error.SqlState.StartsWith("22", StringComparison.Ordinal) || error.SqlState == PostgresErrorCodes.ProgramLimitExceeded;

    /// <summary>Checked before it was sent; what still gets to the server, one with another encoding for one, is refused whole.</summary>
    internal static InvalidInputException Refused(PostgresException error) =>
        new("event", "must be one the server can store", error.MessageText, error);

    /// <summary>Rolled back whole by the server to resolve a race; the same statement can run again at once.</summary>
    internal static bool IsRace(PostgresException error) =>
        IsUniqueViolation(error)
        || error.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure;

    /// <summary>
    /// The connection or the server went away, or the server has no place yet: the same may work in a moment. Not a wait that ran out of
    /// time, which has been patience enough.
    /// </summary>
    internal static bool IsTransient(Exception error) => error switch
    {
        PostgresException server => server.SqlState is PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown
            or PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.TooManyConnections
            || server.SqlState.StartsWith("08", StringComparison.Ordinal),
        NpgsqlException { InnerException: IOException or SocketException } => !TlsErrors.Describes(error),
        _ when Hosts.ErrorsOf(error) is { } errors => errors.Count == 0 || errors.Any(IsTransient),
        _ => error is SocketException,
    };

    /// <summary>No answer in time, from a server and not from the pool.</summary>
    internal static bool IsSilence(Exception error) =>
        (error is TimeoutException or NpgsqlException { InnerException: TimeoutException } && !IsPoolExhausted(error))
        || Hosts.ErrorsOf(error)?.Any(IsSilence) == true;

    /// <summary>
    /// Whether a failed transaction of several appends would fail for each of them alone. Otherwise one of them is to blame, and the others
    /// can be stored without it.
    /// </summary>
    internal static bool ConcernsEveryone(PostgresException error) =>
        error.InvariantSeverity != "ERROR"
        || (error.SqlState != PostgresErrorCodes.InsufficientPrivilege
            && error.SqlState[..2] is "08" or "0A" or "25" or "28" or "3D" or "3F" or "42" or "53" or "57" or "58" or "XX");

    /// <summary>Another process created the database after this one found it missing; it can be used now.</summary>
    internal static bool IsDatabaseCreatedMeanwhile(PostgresException error) => error
        is { SqlState: PostgresErrorCodes.DuplicateDatabase }
        or { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "pg_database_datname_index" };

    /// <summary>Host, port and database of a connection string, for messages: nothing secret.</summary>
    internal static string Target(string connectionString)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString);
        var host = SeveralHosts.AreIn(builder) ? builder.Host : $"{builder.Host}:{builder.Port}";
        return $"database '{builder.Database ?? builder.Username}' at {host}";
    }

    /// <summary>Npgsql has no code for this either.</summary>
    internal static bool IsPoolExhausted(Exception error) =>
        error.Message.StartsWith("The connection pool has been exhausted", StringComparison.Ordinal);

    /// <summary>The exception a caller gets for what the driver threw.</summary>
    internal static EventStoreException Translate(Exception error, string target) => OpeningErrors.Translate(error, target) ?? error switch
    {
        PostgresException server => FromServer(server, target),
        _ when Hosts.Translate(error, target) is { } several => several,
        _ when TlsErrors.Translate(error, target) is { } tls => tls,
        _ when IsPoolExhausted(error) => Unavailable(
            UnavailableReason.ServerError,
            $"Every pooled connection to {target} is in use. Dispose connections and enumerators sooner, or raise MaxPoolSize.",
            error),
        { InnerException: TimeoutException } or TimeoutException => Unavailable(
            UnavailableReason.ConnectionLost,
            $"The {target} did not answer in time. An append happened whole or not at all: repeat it with the same event ids.",
            error),
        { InnerException: SocketException } or SocketException => Unavailable(
            UnavailableReason.ServerUnreachable,
            $"No PostgreSQL server answers for {target}: {Innermost(error)} Start the server, or correct Host and Port in the connection string.",
            error),
        { InnerException: IOException } => Unavailable(
            UnavailableReason.ConnectionLost,
            $"The connection to {target} broke: {Innermost(error)} An append happened whole or not at all: repeat it with the same event ids.",
            error),

        // Npgsql has no code for a login it cannot even try.
        _ when error.Message.StartsWith("No password has been provided", StringComparison.Ordinal) => Unavailable(
            UnavailableReason.AuthenticationFailed,
            $"The {target} asks for a password and the connection string has none. Add Password=… to it.",
            error),
        _ => Unavailable(UnavailableReason.ServerError, $"The {target} cannot be used: {error.Message}", error),
    };

    private static EventStoreException FromServer(PostgresException error, string target) => error.SqlState switch
    {
        PostgresErrorCodes.InvalidPassword => Unavailable(
            UnavailableReason.AuthenticationFailed,
            $"The {target} refused the login: {error.MessageText}. Correct Username and Password in the connection string.",
            error),
        PostgresErrorCodes.InvalidAuthorizationSpecification => Unavailable(
            UnavailableReason.AuthenticationFailed,
            $"The {target} refused the login: {error.MessageText}. Correct Username in the connection string, or the server's pg_hba.conf; where the "
                + "server wants TLS set SSL Mode=VerifyFull, where it wants a client certificate SSL Certificate and SSL Key.",
            error),
        PostgresErrorCodes.InvalidCatalogName => Unavailable(
            UnavailableReason.DatabaseMissing,
            $"There is no {target}. Create it with createdb, or let 'synckit migrate' create and provision it.",
            error),
        PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName => SchemaMissing(target, error),
        PostgresErrorCodes.UndefinedColumn or PostgresErrorCodes.UndefinedFunction => SchemaOutdated(target, error.MessageText, error),
        PostgresErrorCodes.InsufficientPrivilege => Unavailable(
            UnavailableReason.PermissionDenied,
            $"The role may not do this in {target}: {error.MessageText}. Grant it, or connect as a role that has it.",
            error),
        PostgresErrorCodes.CannotConnectNow => Unavailable(
            UnavailableReason.ServerUnreachable,
            $"The server of {target} is starting up or shutting down: {error.MessageText}. Try again in a moment.",
            error),
        PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown => Unavailable(
            UnavailableReason.ConnectionLost,
            $"The server of {target} ended the connection: {error.MessageText}. Repeat an append with the same event ids.",
            error),
        PostgresErrorCodes.TooManyConnections => Unavailable(
            UnavailableReason.ServerError,
            $"The server of {target} has no connection left: {error.MessageText}. Lower MaxPoolSize or raise max_connections.",
            error),
        PostgresErrorCodes.DuplicatePreparedStatement or PostgresErrorCodes.InvalidSqlStatementName => Unavailable(
            UnavailableReason.ServerError,
            $"The {target} reported {error.SqlState}: {error.MessageText}. A pooler in transaction mode mixes up what sessions prepared: set "
                + "EnablePreparedStatements to false, or take PgBouncer 1.21 or later with max_prepared_statements above 0.",
            error),
        _ when IsRefusal(error) => Refused(error),
        _ => Unavailable(
            UnavailableReason.ServerError, $"The {target} reported {error.SqlState}: {error.MessageText}.", error),
    };

    internal static EventStoreUnavailableException SchemaMissing(string target, Exception? error = null) => Unavailable(
        UnavailableReason.SchemaMissing,
        $"The {target} has no event log. Provision it with 'synckit migrate' or 'dotnet ef database update'.",
        error);

    internal static EventStoreUnavailableException SchemaOutdated(string target, string lack, Exception? error = null) => Unavailable(
        UnavailableReason.SchemaOutdated,
        $"The event log of {target} is older than this library: {lack}. Bring it up to date with 'synckit migrate' or 'dotnet ef database update'.",
        error);

    internal static EventStoreUnavailableException Standby(string target) => Unavailable(
        UnavailableReason.StandbyServer,
        $"The server of {target} is a standby, which does not know the open transactions of its primary: exact order cannot be told there. "
            + "Connect to the primary; a connection string with several hosts finds it by itself.",
        null);

    internal static EventStoreUnavailableException OrderUnsafe(string target, IEnumerable<string> faults) => Unavailable(
        UnavailableReason.OrderUnsafe,
        $"The versions of the event log of {target} are not drawn in an order that can be told: {string.Join(" ", faults)}",
        null);

    private static EventStoreUnavailableException Unavailable(UnavailableReason reason, string message, Exception? error) =>
        new(reason, message, error);

    /// <summary>As a sentence.</summary>
    internal static string Innermost(Exception error)
    {
        while (error.InnerException is { } inner)
        {
            error = inner;
        }

        return error.Message.EndsWith('.') ? error.Message : error.Message + ".";
    }
}
