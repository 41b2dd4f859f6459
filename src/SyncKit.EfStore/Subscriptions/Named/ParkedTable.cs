using Npgsql;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Subscriptions.Named;

/// <summary>The events that are put aside, one row each. A stream with a row is blocked: its later events are put behind.</summary>
internal sealed class ParkedTable(EventStoreConnections connections)
{
    private const string StreamsSql = $"""
        SELECT aggregate_id, min(version) FROM {SchemaNames.ParkedTable} WHERE subscription = $1 GROUP BY aggregate_id
        """;

    // Of a stream that is to be replayed, everything: what was put behind since the request as well.
    private const string ReplayedSql = $"""
        SELECT version, aggregate_id FROM {SchemaNames.ParkedTable} AS parked
        WHERE subscription = $1 AND EXISTS (
            SELECT FROM {SchemaNames.ParkedTable} AS asked
            WHERE asked.subscription = $1 AND asked.aggregate_id = parked.aggregate_id AND asked.status = 'replay')
        ORDER BY version
        """;

    /// <summary>The blocked streams, each with its first parked version.</summary>
    internal async Task<Dictionary<string, long>> StreamsAsync(string subscription, CancellationToken cancellationToken)
    {
        await using var connection = await connections.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var command = Sql.Command(connection, StreamsSql, Sql.Text(subscription));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        var streams = new Dictionary<string, long>(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            streams.Add(reader.GetString(0), reader.GetInt64(1));
        }

        return streams;
    }

    /// <summary>What was asked to be handled again: versions by stream, in order.</summary>
    internal async Task<ILookup<string, long>> ToReplayAsync(string subscription, CancellationToken cancellationToken)
    {
        await using var connection = await connections.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var command = Sql.Command(connection, ReplayedSql, Sql.Text(subscription));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        var versions = new List<(string Stream, long Version)>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            versions.Add((reader.GetString(1), reader.GetInt64(0)));
        }

        return versions.ToLookup(parked => parked.Stream, parked => parked.Version, StringComparer.Ordinal);
    }

    /// <summary>Ends the replay of a stream at an event that failed again.</summary>
    internal async Task FailedAgainAsync(
        Lease lease, StoredEvent stored, int attempts, string error, CancellationToken cancellationToken)
    {
        var sql = $"""
            UPDATE {lease.Schema}.{SchemaNames.ParkedTable}
            SET status = 'parked',
                attempts = CASE WHEN version = $3 THEN attempts + $4 ELSE attempts END,
                error = CASE WHEN version <> $3 THEN error WHEN $7 AND NOT {ErrorTexts.Stands(lease, "$3", "event_id")} THEN $8 ELSE $5 END
            WHERE subscription = $1 AND aggregate_id = $2
                AND EXISTS (SELECT FROM {lease.Schema}.{SchemaNames.SubscriptionsTable} WHERE name = $1 AND fencing_token = $6)
            """;
        await using var connection = await connections.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var transaction = await ErrorTexts.BeginAsync(connection, lease, cancellationToken).ConfigureAwait(false);
        await using var command = Sql.Command(
            connection,
            sql,
            Sql.Text(lease.Name),
            Sql.Text(stored.AggregateId),
            Sql.Bigint(stored.Version.Value),
            new NpgsqlParameter<int> { TypedValue = attempts },
            Sql.Text(error),
            Sql.Bigint(lease.Token),
            new NpgsqlParameter<bool> { TypedValue = ErrorTexts.MayQuote(stored) },
            Sql.Text(ErrorTexts.Gone));
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>In the transaction that moves the checkpoint, behind the lock of <see cref="ErrorTexts"/>.</summary>
    internal static async Task ParkAsync(
        NpgsqlConnection connection, Lease lease, IReadOnlyList<Parking> parked, CancellationToken cancellationToken)
    {
        var sql = $"""
            INSERT INTO {lease.Schema}.{SchemaNames.ParkedTable} (subscription, version, event_id, aggregate_id, event_type, attempts, error)
            SELECT $1, version, event_id, aggregate_id, event_type, attempts,
                CASE WHEN may_quote AND NOT {ErrorTexts.Stands(lease, "parked.version", "parked.event_id")} THEN $9 ELSE error END
            FROM unnest($2, $3, $4, $5, $6, $7, $8)
                AS parked (version, event_id, aggregate_id, event_type, attempts, error, may_quote)
            """;
        await using var command = Sql.Command(
            connection,
            sql,
            Sql.Text(lease.Name),
            Sql.Bigints([.. parked.Select(parking => parking.Stored.Version.Value)]),
            Sql.Texts([.. parked.Select(parking => parking.Stored.Id)]),
            Sql.Texts([.. parked.Select(parking => parking.Stored.AggregateId)]),
            Sql.Texts([.. parked.Select(parking => parking.Stored.EventType)]),
            new NpgsqlParameter<int[]> { TypedValue = [.. parked.Select(parking => parking.Attempts)] },
            Sql.Texts([.. parked.Select(parking => parking.Error)]),
            new NpgsqlParameter<bool[]>
            {
                TypedValue = [.. parked.Select(parking => parking.Attempts > 0 && ErrorTexts.MayQuote(parking.Stored))],
            },
            Sql.Text(ErrorTexts.Gone));
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>In the transaction of the handler's writes.</summary>
    internal static async Task UnparkAsync(NpgsqlConnection connection, Lease lease, long version, CancellationToken cancellationToken)
    {
        var sql = $"DELETE FROM {lease.Schema}.{SchemaNames.ParkedTable} WHERE subscription = $1 AND version = $2";
        await using var command = Sql.Command(connection, sql, Sql.Text(lease.Name), Sql.Bigint(version));

        // Dropped meanwhile: whoever did that did not mean it to be handled.
        if (await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false) == 0)
        {
            throw new DeposedException(lease.Name);
        }
    }
}
