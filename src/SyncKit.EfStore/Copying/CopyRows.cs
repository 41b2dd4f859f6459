using Npgsql;
using NpgsqlTypes;
using SyncKit.EfStore.Appending;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Copying;

/// <summary>
/// A part as the server sees it: the locks and, in later statements whose snapshots are younger than the locks, where the streams stand; then COPY
/// with every value supplied, the version included, so that no row trigger fires and each event's version is known. Under READ COMMITTED.
/// </summary>
internal static class CopyRows
{
    private const string Sequence = $"(SELECT pg_get_serial_sequence('{SchemaNames.EventsTable}', 'version')::regclass)";

    // Takes the lock of the sequence as every nextval does: the settled mark waits for these too.
    private const string DrawSql = $"SELECT nextval({Sequence}) FROM generate_series(1, $1)";

    // Those that are stored.
    private const string StoredSql = $"""
        SELECT given.place::int, e.version, {SameEvent.Sql}
        FROM unnest($1, $2, $3, $4, $5) WITH ORDINALITY AS given (id, aggregate_id, event_type, data, metadata, place)
        JOIN {SchemaNames.EventsTable} AS e ON e.id = given.id
        """;

    private const string CopySql = $"""
        COPY {SchemaNames.EventsTable} (version, id, aggregate_id, event_type, data, metadata, created_at, stream_version)
        FROM STDIN (FORMAT BINARY)
        """;

    private const string CopyOriginsSql = $"COPY {SchemaNames.OriginsTable} (version, origin_node, origin_counter) FROM STDIN (FORMAT BINARY)";

    // Never back: versions that were drawn and rolled back stay unused. Not undone by a rollback.
    private const string ReserveSql = $"SELECT setval({Sequence}, greatest($1, pg_sequence_last_value({Sequence})))";

    private const string HighestSql = $"SELECT coalesce(max(version), 0) FROM {SchemaNames.EventsTable}";

    /// <summary>Takes the locks of the part's streams, unless the table is locked, and reads what stands there; draws versions where it can be told how many.</summary>
    internal static async Task<PartState> LookAsync(
        NpgsqlConnection connection, CopyPart part, bool takeLocks, bool lookUp, bool draw, CancellationToken cancellationToken)
    {
        var drawNow = draw && !lookUp;
        await using var batch = connection.CreateBatch();
        batch.BatchCommands.Add(takeLocks ? Sql.Command(AppendStatement.LockSql, Sql.Texts(part.Streams)) : PlannerCare.Command());
        batch.BatchCommands.Add(Sql.Command(AppendStatement.HeadsSql, Sql.Texts(part.Streams)));
        if (lookUp)
        {
            batch.BatchCommands.Add(Stored(part));
        }

        if (drawNow)
        {
            batch.BatchCommands.Add(Sql.Command(DrawSql, Sql.Bigint(part.Count)));
        }

        await using var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        var heads = await LongsAsync(reader, part.Streams.Length, cancellationToken).ConfigureAwait(false);
        Dictionary<int, (long Version, bool IsEqual)> stored = [];
        if (lookUp)
        {
            await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
            stored = await StoredAsync(reader, cancellationToken).ConfigureAwait(false);
        }

        long[]? versions = null;
        if (drawNow)
        {
            await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
            versions = await LongsAsync(reader, part.Count, cancellationToken).ConfigureAwait(false);
        }

        return new PartState(heads, stored, versions);
    }

    /// <summary>What is stored under the events' ids, by their places.</summary>
    internal static async Task<Dictionary<int, (long Version, bool IsEqual)>> FindAsync(
        NpgsqlConnection connection, CopyPart part, CancellationToken cancellationToken)
    {
        await using var batch = connection.CreateBatch();
        batch.BatchCommands.Add(PlannerCare.Command());
        batch.BatchCommands.Add(Stored(part));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        return await StoredAsync(reader, cancellationToken).ConfigureAwait(false);
    }

    internal static async Task<long[]> DrawAsync(NpgsqlConnection connection, int count, CancellationToken cancellationToken)
    {
        await using var command = Sql.Command(connection, DrawSql, Sql.Bigint(count));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        return await LongsAsync(reader, count, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Lets every version up to one be the caller's; nobody draws it any more.</summary>
    internal static async Task ReserveAsync(NpgsqlConnection connection, EventVersion upTo, CancellationToken cancellationToken)
    {
        await using var command = Sql.Command(connection, ReserveSql, Sql.Bigint(upTo.Value));
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    internal static async Task<long> HighestAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = Sql.Command(connection, HighestSql);
        return (long)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
    }

    /// <summary>Copies what is not stored, each event to the end of its stream.</summary>
    internal static async Task CopyAsync(
        NpgsqlConnection connection, CopyPart part, PartState state, long[] versions, CancellationToken cancellationToken)
    {
        if (state.Stored.Count == part.Count)
        {
            return;
        }

        var heads = state.Heads.ToArray();
        var origins = new List<int>();
        await using (var copy = await connection.BeginBinaryImportAsync(CopySql, cancellationToken).ConfigureAwait(false))
        {
            for (var place = 0; place < part.Count; place++)
            {
                if (state.Stored.ContainsKey(place))
                {
                    continue;
                }

                var one = part[place];
                await copy.StartRowAsync(cancellationToken).ConfigureAwait(false);
                await copy.WriteAsync(versions[place], NpgsqlDbType.Bigint, cancellationToken).ConfigureAwait(false);
                await copy.WriteAsync(one.Id, NpgsqlDbType.Text, cancellationToken).ConfigureAwait(false);
                await copy.WriteAsync(one.AggregateId, NpgsqlDbType.Text, cancellationToken).ConfigureAwait(false);
                await copy.WriteAsync(one.EventType, NpgsqlDbType.Text, cancellationToken).ConfigureAwait(false);
                await WriteAsync(copy, one.Data?.Bytes, NpgsqlDbType.Jsonb, cancellationToken).ConfigureAwait(false);
                await WriteAsync(copy, one.Metadata?.Bytes, NpgsqlDbType.Jsonb, cancellationToken).ConfigureAwait(false);
                await WriteAsync(copy, one.CreatedAt, NpgsqlDbType.TimestampTz, cancellationToken).ConfigureAwait(false);
                await copy.WriteAsync(++heads[part.StreamOf(place)], NpgsqlDbType.Bigint, cancellationToken).ConfigureAwait(false);
                if (one.OriginNode is not null || one.OriginCounter is not null)
                {
                    origins.Add(place);
                }
            }

            await copy.CompleteAsync(cancellationToken).ConfigureAwait(false);
        }

        if (origins.Count > 0)
        {
            await CopyOriginsAsync(connection, part, origins, versions, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task CopyOriginsAsync(
        NpgsqlConnection connection, CopyPart part, List<int> places, long[] versions, CancellationToken cancellationToken)
    {
        await using var copy = await connection.BeginBinaryImportAsync(CopyOriginsSql, cancellationToken).ConfigureAwait(false);
        foreach (var place in places)
        {
            await copy.StartRowAsync(cancellationToken).ConfigureAwait(false);
            await copy.WriteAsync(versions[place], NpgsqlDbType.Bigint, cancellationToken).ConfigureAwait(false);
            await WriteAsync(copy, part[place].OriginNode, NpgsqlDbType.Text, cancellationToken).ConfigureAwait(false);
            await WriteAsync(copy, part[place].OriginCounter, NpgsqlDbType.Bigint, cancellationToken).ConfigureAwait(false);
        }

        await copy.CompleteAsync(cancellationToken).ConfigureAwait(false);
    }

    private static Task WriteAsync<T>(NpgsqlBinaryImporter copy, T? value, NpgsqlDbType type, CancellationToken cancellationToken)
        where T : class =>
        value is null ? copy.WriteNullAsync(cancellationToken) : copy.WriteAsync(value, type, cancellationToken);

    private static Task WriteAsync<T>(NpgsqlBinaryImporter copy, T? value, NpgsqlDbType type, CancellationToken cancellationToken)
        where T : struct =>
        value is { } given ? copy.WriteAsync(given, type, cancellationToken) : copy.WriteNullAsync(cancellationToken);

    private static NpgsqlBatchCommand Stored(CopyPart part) => Sql.Command(
        StoredSql,
        Sql.Texts(part.Column(one => one.Id)),
        Sql.Texts(part.Column(one => one.AggregateId)),
        Sql.Texts(part.Column(one => one.EventType)),
        Sql.Jsons(part.Column(one => one.Data?.Bytes)),
        Sql.Jsons(part.Column(one => one.Metadata?.Bytes)));

    private static async Task<Dictionary<int, (long Version, bool IsEqual)>> StoredAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        Dictionary<int, (long Version, bool IsEqual)> stored = [];
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            stored.Add(reader.GetInt32(0) - 1, (reader.GetInt64(1), reader.GetBoolean(2)));
        }

        return stored;
    }

    private static async Task<long[]> LongsAsync(NpgsqlDataReader reader, int count, CancellationToken cancellationToken)
    {
        var values = new long[count];
        for (var i = 0; await reader.ReadAsync(cancellationToken).ConfigureAwait(false); i++)
        {
            values[i] = reader.GetInt64(0);
        }

        return values;
    }
}
