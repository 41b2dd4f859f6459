using System.Globalization;
using Npgsql;
using SyncKit.EfStore.Cli.Hosting;

namespace SyncKit.EfStore.Cli.Doctor;

/// <summary>
/// The database that is examined, and a session on it. Nothing is set in the session: behind a pooler it would stay with other clients. Owned by
/// one checkup.
/// </summary>
internal sealed class Patient : IAsyncDisposable
{
    /// <summary>No statement takes longer, and less where the connection string says so: the doctor must come to an end on a server that hangs.</summary>
    private const int SecondsPerStatement = 10;

    private readonly string _connectionString;

    private Patient(string connectionString, NpgsqlConnection connection, TimeProvider time)
    {
        _connectionString = connectionString;
        Connection = connection;
        Time = time;
    }

    internal NpgsqlConnection Connection { get; }

    internal TimeProvider Time { get; }

    /// <summary>What the library says about the schema; null where it could not look, for <see cref="SchemaError"/>.</summary>
    internal SchemaInspection? Schema { get; private set; }

    internal EventStoreException? SchemaError { get; private set; }

    /// <summary>The look at the schema came to no end: somebody holds what it waits for, or the server is overloaded.</summary>
    internal bool IsLocked => SchemaError is { InnerException: TimeoutException or { InnerException: TimeoutException } };

    /// <summary>The settings of the connection, as the application has them.</summary>
    internal NpgsqlConnectionStringBuilder Settings => new(_connectionString);

    /// <exception cref="EventStoreException">There is no connection; the message says what to do.</exception>
    internal static async Task<Patient> MeetAsync(string connectionString, TimeProvider time, CancellationToken cancellationToken)
    {
        var own = Own(connectionString);
        var patient = new Patient(connectionString, new NpgsqlConnection(own), time);
        try
        {
            await patient.InspectAsync(own, cancellationToken);
            return patient;
        }
        catch
        {
            await patient.DisposeAsync();
            throw;
        }
    }

    /// <summary>Another session, with the same settings.</summary>
    internal async Task<NpgsqlConnection> OpenAnotherAsync(CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(Own(_connectionString));
        await connection.OpenAsync(cancellationToken);
        return connection;
    }

    /// <summary>All rows of a statement.</summary>
    internal Task<List<T>> QueryAsync<T>(string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken, params object[] values) =>
        Connection.QueryAsync(sql, read, timeout: null, values, cancellationToken);

    /// <summary>The only row of a statement that always has one.</summary>
    internal async Task<T> ReadAsync<T>(string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken, params object[] values) =>
        (await QueryAsync(sql, read, cancellationToken, values))[0];

    public ValueTask DisposeAsync() => Connection.DisposeAsync();

    private static string Own(string connectionString)
    {
        var own = OwnConnection.Settings(connectionString, "doctor");

        // 0 would be for ever.
        own.CommandTimeout = own.CommandTimeout == 0 ? SecondsPerStatement : Math.Min(own.CommandTimeout, SecondsPerStatement);
        return own.ConnectionString;
    }

    private async Task InspectAsync(string own, CancellationToken cancellationToken)
    {
        try
        {
            Schema = await EventStoreSchema.InspectAsync(own, cancellationToken);
        }
        catch (EventStoreException error)
        {
            SchemaError = error;
        }

        try
        {
            await Connection.OpenAsync(cancellationToken);
        }
        catch (Exception error) when (SchemaError is not null && error is not OperationCanceledException)
        {
            // The library has said why better than the driver does.
            throw SchemaError;
        }
        catch (NpgsqlException error)
        {
            throw new EventStoreUnavailableException(
                UnavailableReason.ConnectionLost,
                string.Create(CultureInfo.InvariantCulture, $"The server took one connection and refused the next: {error.Message}"),
                error);
        }
    }
}
