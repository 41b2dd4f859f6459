using Npgsql;

namespace SyncKit.EfStore.Storage;

/// <summary>
/// A connection that did not come about: no statement was sent over it, so none is to blame. The driver's exceptions do not tell that; they are
/// marked where a connection is opened.
/// </summary>
internal static class OpeningErrors
{
    private const string Mark = "SyncKit.EfStore.Opening";

    /// <summary>Opens a connection; what goes wrong is thrown as it is, with the mark.</summary>
    internal static async Task OpenMarkedAsync(this NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (Marks(error, connection.ConnectionString))
        {
            throw;
        }
    }

    /// <summary>Puts the mark on it. False: to be asked by a filter that lets it pass.</summary>
    internal static bool Marks(Exception error, string connectionString)
    {
        var withCertificate = new NpgsqlConnectionStringBuilder(connectionString).SslCertificate is not null;
        foreach (var one in (Exception[])[error, .. Hosts.ErrorsOf(error) ?? []])
        {
            one.Data[Mark] = withCertificate;
        }

        return false;
    }

    /// <summary>Null where a connection was open, or where that makes no difference.</summary>
    internal static EventStoreUnavailableException? Translate(Exception error, string target) => error.Data[Mark] is not bool withCertificate
        ? null
        : error switch
        {
            PostgresException server when IsSetting(server.SqlState) => new EventStoreUnavailableException(
                UnavailableReason.ServerError,
                $"The {target} refused a setting of the connection string: {server.MessageText}. Correct Search Path, Timezone or Options there.",
                error),
            PostgresException => null,
            { InnerException: TimeoutException } when !PostgresErrors.IsPoolExhausted(error) => new EventStoreUnavailableException(
                UnavailableReason.ConnectionLost,
                $"No connection to {target} was opened in time. Look whether the server has too much to do, or raise Timeout in the connection string.",
                error),
            { InnerException: IOException } when !TlsErrors.Describes(error) => new EventStoreUnavailableException(
                UnavailableReason.ConnectionLost,
                $"The connection to {target} broke while it was opened: {PostgresErrors.Innermost(error)} Nothing had been sent over it."
                    + (withCertificate ? TlsErrors.PerhapsRefused : " Try again; the server's log says more."),
                error),
            _ => null,
        };

    private static bool IsSetting(string sqlState) =>
        sqlState[..2] is "22" || sqlState is PostgresErrorCodes.InvalidSchemaName
            or PostgresErrorCodes.UndefinedObject or PostgresErrorCodes.InvalidName or PostgresErrorCodes.SyntaxError
            or PostgresErrorCodes.CantChangeRuntimeParam;
}
