using System.Net;
using System.Text;
using Npgsql;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Auditing;

/// <summary>One page of the audit: its SQL, its parameters, and its rows.</summary>
internal static class AuditStatement
{
    private const string Columns = """
        audit_id, occurred_at, operation, login_role, acting_role, client_address, application_name, transaction_id,
        aggregate_id, event_id, first_version, last_version, events, old_row, reason
        """;

    /// <param name="connection">Open.</param>
    /// <param name="query">What to read.</param>
    /// <param name="behind">The last entry read; null for the first page.</param>
    /// <param name="limit">The size of the page.</param>
    internal static NpgsqlCommand Create(NpgsqlConnection connection, AuditQuery query, long? behind, long limit)
    {
        var sql = new StringBuilder($"SELECT {Columns} FROM {SchemaNames.AuditTable} WHERE true");
        var command = new NpgsqlCommand { Connection = connection };
        var backwards = query.Direction == ReadDirection.Backwards;
        if (behind is { } last)
        {
            sql.Append($" AND audit_id {(backwards ? "<" : ">")} {Parameter(Sql.Bigint(last))}");
        }

        if (query.From is { } from)
        {
            sql.Append($" AND occurred_at >= {Parameter(new NpgsqlParameter<DateTimeOffset> { TypedValue = from.ToUniversalTime() })}");
        }

        if (query.Before is { } before)
        {
            sql.Append($" AND occurred_at < {Parameter(new NpgsqlParameter<DateTimeOffset> { TypedValue = before.ToUniversalTime() })}");
        }

        if (query.AggregateId is { } aggregateId)
        {
            sql.Append($" AND (aggregate_id = {Parameter(Sql.Text(aggregateId))} OR operation = 'TRUNCATE')");
        }

        if (query.Version is { } version)
        {
            sql.Append($" AND {Parameter(Sql.Bigint(version.Value))} BETWEEN first_version AND last_version");
        }

        if (query.Operation is { } operation)
        {
            sql.Append($" AND operation = {Parameter(Sql.Text(operation.ToString().ToUpperInvariant()))}");
        }

        sql.Append($" ORDER BY audit_id{(backwards ? " DESC" : "")} LIMIT {Parameter(Sql.Bigint(limit))}");
        command.CommandText = sql.ToString();
        return command;

        string Parameter(NpgsqlParameter parameter)
        {
            command.Parameters.Add(parameter);
            return $"${command.Parameters.Count}";
        }
    }

    internal static AuditEntry Read(NpgsqlDataReader reader) => new()
    {
        AuditId = reader.GetInt64(0),
        OccurredAt = reader.GetFieldValue<DateTimeOffset>(1),
        Operation = Enum.Parse<AuditOperation>(reader.GetString(2), ignoreCase: true),
        LoginRole = reader.GetString(3),
        ActingRole = reader.GetString(4),
        ClientAddress = reader.IsDBNull(5) ? null : reader.GetFieldValue<IPAddress>(5),
        ApplicationName = reader.GetString(6),
        TransactionId = reader.GetInt64(7),
        AggregateId = reader.IsDBNull(8) ? null : reader.GetString(8),
        EventId = reader.IsDBNull(9) ? null : reader.GetString(9),
        FirstVersion = reader.IsDBNull(10) ? null : new EventVersion(reader.GetInt64(10)),
        LastVersion = reader.IsDBNull(11) ? null : new EventVersion(reader.GetInt64(11)),
        Events = reader.GetInt64(12),
        OldRow = reader.IsDBNull(13) ? null : EventJson.Trusted(reader.GetFieldValue<byte[]>(13)),
        Reason = reader.IsDBNull(14) ? null : reader.GetString(14),
    };
}
