using System.Data;
using Npgsql;
using NpgsqlTypes;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Subscriptions.Named;

/// <summary>
/// The row of each subscription. A lease is taken by one UPDATE and held by a number that only grows: every later write names it, so an
/// instance that was taken for dead cannot write, whatever it believes. The database's clock alone decides.
/// </summary>
internal sealed class CheckpointTable(EventStoreConnections connections)
{
    /// <summary>Makes the row; where it is there already, nothing.</summary>
    internal const string CreateSql = $"""
        INSERT INTO {SchemaNames.SubscriptionsTable} (name, checkpoint) VALUES ($1, $2)
        ON CONFLICT (name) DO NOTHING
        """;

    private const string ExistsSql = $"SELECT EXISTS (SELECT FROM {SchemaNames.SubscriptionsTable} WHERE name = $1)";

    // clock_timestamp, not now(): the UPDATE may have waited for the row.
    private const string AcquireSql = $"""
        UPDATE {SchemaNames.SubscriptionsTable}
        SET lease_owner = $2, lease_until = clock_timestamp() + $3, fencing_token = fencing_token + 1, updated_at = clock_timestamp()
        WHERE name = $1 AND (lease_owner IS NULL OR lease_owner = $2 OR lease_until < clock_timestamp())
        RETURNING fencing_token, checkpoint, event_id, system_identifier, timeline,
            (SELECT quote_ident(nspname) FROM pg_namespace JOIN pg_class ON relnamespace = pg_namespace.oid
             WHERE pg_class.oid = '{SchemaNames.SubscriptionsTable}'::regclass),
            (SELECT system_identifier FROM pg_control_system()),
            (SELECT timeline_id FROM pg_control_checkpoint()),
            status, error, {ReplayAsked}
        """;

    private const string RenewSql = $"""
        UPDATE {SchemaNames.SubscriptionsTable}
        SET lease_until = clock_timestamp() + $3
        WHERE name = $1 AND fencing_token = $2
        RETURNING status, error, {ReplayAsked}
        """;

    private const string ReplayAsked =
        $"EXISTS (SELECT FROM {SchemaNames.ParkedTable} AS parked WHERE parked.subscription = $1 AND parked.status = 'replay')";

    private const string ReleaseSql = $"""
        UPDATE {SchemaNames.SubscriptionsTable}
        SET lease_owner = NULL, lease_until = NULL, updated_at = clock_timestamp()
        WHERE name = $1 AND fencing_token = $2
        """;

    internal async Task<bool> ExistsAsync(string name, CancellationToken cancellationToken)
    {
        await using var connection = await connections.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var command = Sql.Command(connection, ExistsSql, Sql.Text(name));
        return (bool)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
    }

    internal async Task CreateAsync(string name, long checkpoint, CancellationToken cancellationToken)
    {
        await using var connection = await connections.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var command = Sql.Command(connection, CreateSql, Sql.Text(name), Sql.Bigint(checkpoint));
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Null while another instance has it, or where there is no row.</summary>
    internal async Task<(Lease Lease, LeaseLook Look)?> AcquireAsync(
        string name, string owner, TimeSpan duration, CancellationToken cancellationToken)
    {
        await using var connection = await connections.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var command = Sql.Command(connection, AcquireSql, Sql.Text(name), Sql.Text(owner), Interval(duration));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        if (!await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        var lease = new Lease(name, reader.GetInt64(0), reader.GetString(5), new LogIdentity(reader.GetInt64(6), reader.GetInt32(7)))
        {
            Position = new CheckpointPosition(reader.GetInt64(1), reader.IsDBNull(2) ? null : reader.GetString(2))
            {
                Log = reader.IsDBNull(3) || reader.IsDBNull(4) ? null : new LogIdentity(reader.GetInt64(3), reader.GetInt32(4)),
            },
        };
        return (lease, Look(reader, 8));
    }

    /// <summary>Null where the lease is no longer this instance's.</summary>
    internal async Task<LeaseLook?> RenewAsync(Lease lease, TimeSpan duration, CancellationToken cancellationToken)
    {
        await using var connection = await connections.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var command = Sql.Command(connection, RenewSql, Sql.Text(lease.Name), Sql.Bigint(lease.Token), Interval(duration));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        return await reader.ReadAsync(cancellationToken).ConfigureAwait(false) ? Look(reader, 0) : null;
    }

    /// <summary>Lets another instance take over at once.</summary>
    internal async Task ReleaseAsync(Lease lease, CancellationToken cancellationToken)
    {
        await using var connection = await connections.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var command = Sql.Command(connection, ReleaseSql, Sql.Text(lease.Name), Sql.Bigint(lease.Token));
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes down what stopped it, for whoever asks and for the next instance.</summary>
    /// <returns>What is written: without what the handler threw, where the event was erased meanwhile.</returns>
    internal async Task<string> FaultAsync(Lease lease, Fault fault, CancellationToken cancellationToken)
    {
        var sql = $"""
            UPDATE {lease.Schema}.{SchemaNames.SubscriptionsTable}
            SET status = 'faulted', error = CASE WHEN $4 AND NOT {ErrorTexts.Stands(lease, "$5", "$6")} THEN $7 ELSE $3 END,
                updated_at = clock_timestamp()
            WHERE name = $1 AND fencing_token = $2
            RETURNING error
            """;
        await using var connection = await connections.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var transaction = await ErrorTexts.BeginAsync(connection, lease, cancellationToken).ConfigureAwait(false);
        await using var command = Sql.Command(
            connection,
            sql,
            Sql.Text(lease.Name),
            Sql.Bigint(lease.Token),
            Sql.Text(fault.Text),
            new NpgsqlParameter<bool> { TypedValue = fault.Stored is { } stored && ErrorTexts.MayQuote(stored) },
            Sql.Bigint(fault.Stored?.Version.Value ?? 0),
            Sql.Text(fault.Stored?.Id ?? ""),
            Sql.Text(fault.TextWithoutError));
        var written = (string?)await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false)
            ?? throw new DeposedException(lease.Name);
        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        return written;
    }

    internal async Task<string?> VerifyAsync(Lease lease, CancellationToken cancellationToken)
    {
        await using var connection = await connections.OpenAsync(cancellationToken).ConfigureAwait(false);
        return await lease.Position.VerifyAsync(connection, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Moves the checkpoint in a transaction of its own.</summary>
    /// <exception cref="DeposedException">The lease is no longer this instance's; nothing was written.</exception>
    internal async Task SaveAsync(Lease lease, CheckpointWrite write, CancellationToken cancellationToken)
    {
        await using var connection = await connections.OpenAsync(cancellationToken).ConfigureAwait(false);
        if (write is { Parked.Count: 0, Unparked: null })
        {
            await SaveAsync(connection, lease, write, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken)
                .ConfigureAwait(false);
            await SaveAsync(connection, lease, write, cancellationToken).ConfigureAwait(false);
            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        }

        lease.Position = write.To;
    }

    /// <summary>Moves the checkpoint in the caller's transaction, who sets the lease's position once that is committed.</summary>
    /// <exception cref="DeposedException">The lease is no longer this instance's.</exception>
    internal static async Task SaveAsync(NpgsqlConnection connection, Lease lease, CheckpointWrite write, CancellationToken cancellationToken)
    {
        // The order of locks is that of an erasure: the table of the texts, then rows of subscriptions.
        if (write.Parked.Count > 0 || write.Unparked is not null)
        {
            await ErrorTexts.LockAsync(connection, lease, cancellationToken).ConfigureAwait(false);
        }

        // "checkpoint = $3": after a failover the row is older than what this instance remembers, and after a lost answer it is younger.
        var sql = $"""
            UPDATE {lease.Schema}.{SchemaNames.SubscriptionsTable}
            SET checkpoint = $4, event_id = $5, system_identifier = $6, timeline = $7, updated_at = clock_timestamp(),
                rebuild_target = CASE WHEN $4 < rebuild_target THEN rebuild_target END
            WHERE name = $1 AND fencing_token = $2 AND checkpoint = $3
            """;
        await using (var command = Sql.Command(
            connection,
            sql,
            Sql.Text(lease.Name),
            Sql.Bigint(lease.Token),
            Sql.Bigint(lease.Position.Version),
            Sql.Bigint(write.To.Version),
            new NpgsqlParameter<string?> { NpgsqlDbType = NpgsqlDbType.Text, TypedValue = write.To.EventId },
            Sql.Bigint(lease.Log.SystemIdentifier),
            new NpgsqlParameter<int> { TypedValue = lease.Log.Timeline }))
        {
            if (await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false) == 0)
            {
                throw new DeposedException(lease.Name);
            }
        }

        if (write.Parked.Count > 0)
        {
            await ParkedTable.ParkAsync(connection, lease, write.Parked, cancellationToken).ConfigureAwait(false);
        }

        if (write.Unparked is { } version)
        {
            await ParkedTable.UnparkAsync(connection, lease, version, cancellationToken).ConfigureAwait(false);
        }
    }

    private static LeaseLook Look(NpgsqlDataReader reader, int first) =>
        new(reader.GetString(first), reader.IsDBNull(first + 1) ? null : reader.GetString(first + 1), reader.GetBoolean(first + 2));

    private static NpgsqlParameter<TimeSpan> Interval(TimeSpan value) => new() { NpgsqlDbType = NpgsqlDbType.Interval, TypedValue = value };
}
