using Npgsql;

namespace SyncKit.EfStore.Storage;

/// <summary>
/// Whether versions are drawn so that the settled mark holds: on the primary, one by one, by the column's own default. A session that keeps
/// numbers in hand (CACHE, HiLo) commits a low one late while it holds no lock, and readers would have gone past it.
/// </summary>
internal static class SequenceCheck
{
    // The default is compared as the server itself would write it. An identity column draws from its sequence in the same way.
    private const string ReadSql = $"""
        SELECT
            pg_is_in_recovery(),
            seq.seqrelid::regclass::text,
            seq.seqincrement,
            seq.seqcache,
            seq.seqcycle,
            version.attidentity <> ''
                OR coalesce(pg_get_expr(def.adbin, def.adrelid) = format('nextval(%L::regclass)', seq.seqrelid::regclass::text), false)
        FROM pg_attribute AS version
        LEFT JOIN pg_attrdef AS def ON def.adrelid = version.attrelid AND def.adnum = version.attnum
        LEFT JOIN pg_sequence AS seq ON seq.seqrelid = pg_get_serial_sequence('{SchemaNames.EventsTable}', 'version')::regclass
        WHERE version.attrelid = '{SchemaNames.EventsTable}'::regclass AND version.attname = 'version'
        """;

    /// <exception cref="EventStoreUnavailableException">They are not; the message says what to change.</exception>
    internal static async Task RequireAsync(NpgsqlConnection connection, string target, CancellationToken cancellationToken)
    {
        var (isStandby, faults) = await FindAsync(connection, cancellationToken).ConfigureAwait(false);
        if (isStandby)
        {
            throw PostgresErrors.Standby(target);
        }

        if (faults.Count > 0)
        {
            throw PostgresErrors.OrderUnsafe(target, faults.Select(fault => fault.ToString()));
        }
    }

    /// <summary>The same, told instead of thrown. The table must be there.</summary>
    internal static async Task<(bool IsStandby, IReadOnlyList<SchemaFault> Faults)> FindAsync(
        NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(ReadSql, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        return await reader.ReadAsync(cancellationToken).ConfigureAwait(false)
            ? (reader.GetBoolean(0), Faults(reader))
            : (false, [new("Table 'events' has no column 'version': it is not an event log.", "the program with Search Path=… of another schema.")]);
    }

    private static List<SchemaFault> Faults(NpgsqlDataReader reader)
    {
        if (reader.IsDBNull(1))
        {
            return [new("No sequence is owned by events.version.", "ALTER SEQUENCE events_version_seq OWNED BY events.version;")];
        }

        var sequence = reader.GetString(1);
        var (increment, cache, cycles, isDefault) = (reader.GetInt64(2), reader.GetInt64(3), reader.GetBoolean(4), reader.GetBoolean(5));
        var faults = new List<SchemaFault>();
        if (increment != 1)
        {
            faults.Add(new($"Sequence '{sequence}' has INCREMENT {increment}.", $"ALTER SEQUENCE {sequence} INCREMENT 1;"));
        }

        if (cache != 1)
        {
            faults.Add(new($"Sequence '{sequence}' has CACHE {cache}.", $"ALTER SEQUENCE {sequence} CACHE 1; and reconnect the writers."));
        }

        if (cycles)
        {
            faults.Add(new($"Sequence '{sequence}' has CYCLE.", $"ALTER SEQUENCE {sequence} NO CYCLE;"));
        }

        if (!isDefault)
        {
            faults.Add(new(
                "Column events.version is not filled by its sequence.",
                $"ALTER TABLE events ALTER COLUMN version SET DEFAULT nextval('{sequence}');"));
        }

        return faults;
    }
}
