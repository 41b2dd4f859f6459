using Npgsql;
using NpgsqlTypes;

namespace SyncKit.EfStore.Stress.Writing;

/// <summary>The transactions of one writer, as any program might send them. Each returns how many events it committed. Not safe for several threads.</summary>
/// <param name="connectionString">The database.</param>
/// <param name="store">The store of this process.</param>
/// <param name="writer">The writer's number: some streams are its own.</param>
/// <param name="random">Decides sizes, pauses and streams.</param>
internal sealed class Writes(string connectionString, IEventStore store, int writer, Random random) : IAsyncDisposable
{
    internal const string ApplicationName = "stress writer";

    private const int SharedStreams = 16;
    private const string InsertSql = "INSERT INTO events (id, aggregate_id, event_type, data) VALUES ($1, $2, 'Stressed', '{}')";

    private const string InsertManySql =
        "INSERT INTO events (id, aggregate_id, event_type, data) SELECT gen_random_uuid()::text, $1, 'Stressed', '{}' FROM generate_series(1, $2)";

    private const string CopySql = "COPY events (id, aggregate_id, event_type, data) FROM STDIN BINARY";

    // The caller's version is kept only beside a stream version, which the caller then supplies under the lock of the stream.
    private const string LockSql = "SELECT pg_advisory_xact_lock(hashtextextended($1, 'events'::regclass::oid::bigint))";

    private const string InsertDrawnSql =
        """
        INSERT INTO events (id, aggregate_id, event_type, data, version, stream_version)
        SELECT $1, $2, 'Stressed', '{}', $3, coalesce(max(stream_version), 0) + 1 FROM events WHERE aggregate_id = $2
        """;

    // Larger than Npgsql's buffer after a few rows, so that the server draws versions while the COPY goes on.
    private static readonly string Padding = $$"""{"padding": "{{new string('x', 1_500)}}"}""";

    private NpgsqlConnection? _connection;
    private string _lastId = "";

    internal async Task<int> RunAsync(WriteKind kind, CancellationToken cancellationToken)
    {
        if (kind == WriteKind.Store)
        {
            var count = random.Next(1, 6);
            var stream = Stream();
            await store.StoreAsync([.. Enumerable.Range(0, count).Select(_ => EventData.FromJson(stream, "Stressed", "{}"))], cancellationToken);
            return count;
        }

        if (_connection?.State != System.Data.ConnectionState.Open)
        {
            await DisposeAsync();
            _connection = new NpgsqlConnection(
                new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, ApplicationName = ApplicationName }.ConnectionString);
            await _connection.OpenAsync(cancellationToken);
        }

        await using var transaction = await _connection.BeginTransactionAsync(cancellationToken);
        var written = kind switch
        {
            WriteKind.Single or WriteKind.RolledBack => await InsertAsync(Stream(), cancellationToken),
            WriteKind.MultiRow => await InsertManyAsync(cancellationToken),
            WriteKind.Savepoint => await SavepointAsync(transaction, keep: true, cancellationToken),
            WriteKind.RolledBackSavepoint => await SavepointAsync(transaction, keep: false, cancellationToken),
            WriteKind.Copy => await CopyAsync(cancellationToken),
            WriteKind.Conflict => await ConflictAsync(cancellationToken),
            WriteKind.DrawnEarly => await InsertDrawnAsync(cancellationToken),
            _ => throw new NotSupportedException($"There is no write {kind}."),
        };
        await PauseAsync(cancellationToken);
        if (kind == WriteKind.RolledBack)
        {
            await transaction.RollbackAsync(cancellationToken);
            return 0;
        }

        await transaction.CommitAsync(cancellationToken);
        return written;
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
        {
            await _connection.DisposeAsync();
            _connection = null;
        }
    }

    /// <summary>One stream a transaction: several, in no order, would deadlock. A quarter of them are contended.</summary>
    private string Stream() => random.Next(4) == 0 ? $"shared-{random.Next(SharedStreams)}" : $"writer-{writer}-{random.Next(4)}";

    private async Task<int> InsertAsync(string stream, CancellationToken cancellationToken)
    {
        _lastId = NewId();
        return await ExecuteAsync(InsertSql, cancellationToken, _lastId, stream);
    }

    private async Task<int> InsertManyAsync(CancellationToken cancellationToken) =>
        await ExecuteAsync(InsertManySql, cancellationToken, Stream(), random.Next(2, 41));

    private async Task<int> SavepointAsync(NpgsqlTransaction transaction, bool keep, CancellationToken cancellationToken)
    {
        var stream = Stream();
        var written = await InsertAsync(stream, cancellationToken);
        await transaction.SaveAsync("here", cancellationToken);
        var behind = await InsertAsync(stream, cancellationToken);
        if (keep)
        {
            return written + behind;
        }

        await transaction.RollbackAsync("here", cancellationToken);
        await PauseAsync(cancellationToken);
        return written + await InsertAsync(stream, cancellationToken);
    }

    private async Task<int> CopyAsync(CancellationToken cancellationToken)
    {
        var stream = Stream();
        var rows = random.Next(5, 31);
        await using var copy = await _connection!.BeginBinaryImportAsync(CopySql, cancellationToken);
        for (var row = 0; row < rows; row++)
        {
            await copy.StartRowAsync(cancellationToken);
            await copy.WriteAsync(NewId(), cancellationToken);
            await copy.WriteAsync(stream, cancellationToken);
            await copy.WriteAsync("Stressed", cancellationToken);
            await copy.WriteAsync(Padding, NpgsqlDbType.Jsonb, cancellationToken);
            if (row % 8 == 7)
            {
                await PauseAsync(cancellationToken);
            }
        }

        return (int)await copy.CompleteAsync(cancellationToken);
    }

    private async Task<int> ConflictAsync(CancellationToken cancellationToken)
    {
        var stream = Stream();
        return await ExecuteAsync(InsertSql + " ON CONFLICT (id) DO NOTHING", cancellationToken, _lastId, stream)
            + await ExecuteAsync(InsertSql + " ON CONFLICT (id) DO NOTHING", cancellationToken, NewId(), stream);
    }

    private async Task<int> InsertDrawnAsync(CancellationToken cancellationToken)
    {
        // A stream that nobody else writes to: its place would be younger than its version, and another writer's in between.
        var stream = $"early-{writer}";
        await using var draw = new NpgsqlCommand("SELECT nextval(pg_get_serial_sequence('events', 'version'))", _connection);
        var drawn = (long)(await draw.ExecuteScalarAsync(cancellationToken))!;
        await PauseAsync(cancellationToken);
        await ExecuteAsync(LockSql, cancellationToken, stream);
        return await ExecuteAsync(InsertDrawnSql, cancellationToken, NewId(), stream, drawn);
    }

    private async Task<int> ExecuteAsync(string sql, CancellationToken cancellationToken, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, _connection);
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Half of the time none; else up to 15 ms: what lets transactions overlap.</summary>
    private Task PauseAsync(CancellationToken cancellationToken) =>
        random.Next(2) == 0 ? Task.CompletedTask : Task.Delay(TimeSpan.FromMilliseconds(random.Next(1, 16)), cancellationToken);

    private static string NewId() => Guid.CreateVersion7().ToString();
}
