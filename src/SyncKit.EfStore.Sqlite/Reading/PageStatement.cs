using System.Text;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using SyncKit.EfStore.Sqlite.Storage;

namespace SyncKit.EfStore.Sqlite.Reading;

/// <summary>The SELECT of a query, one page at a time: conditions as parameters, and the cursor that moves from page to page.</summary>
internal sealed class PageStatement
{
    private const string CreatedAtFunction = "synckit_created_at";

    private readonly string _sql;
    private readonly List<(string Name, object? Value)> _conditions = [];
    private readonly ReadDirection _direction;
    private readonly bool _usesTimes;
    private long _above;
    private long _below;

    internal PageStatement(EventQuery query)
    {
        _direction = query.Direction;
        _above = query.After.Value;
        _below = query.Before?.Value ?? long.MaxValue;
        _usesTimes = query.CreatedFrom is not null || query.CreatedBefore is not null;

        var where = new StringBuilder();
        Add(query.AggregateId, "aggregate_id = $aggregate_id", "$aggregate_id", query.AggregateId);

        // By bytes, and nothing in the text is a wildcard.
        Add(
            query.AggregateIdPrefix,
            "substr(CAST(aggregate_id AS BLOB), 1, length(CAST($prefix AS BLOB))) = CAST($prefix AS BLOB)",
            "$prefix",
            query.AggregateIdPrefix);

        // One parameter, however many there are.
        Add(
            query.EventTypes.Count > 0 ? query.EventTypes : null,
            "event_type IN (SELECT value FROM json_each($event_types))",
            "$event_types",
            JsonSerializer.Serialize(query.EventTypes));
        Add(query.CreatedFrom, $"{CreatedAtFunction}(created_at) >= $created_from", "$created_from", query.CreatedFrom?.UtcTicks);
        Add(query.CreatedBefore, $"{CreatedAtFunction}(created_at) < $created_before", "$created_before", query.CreatedBefore?.UtcTicks);

        _sql = $"""
            SELECT version, id, aggregate_id, event_type, data, metadata, created_at
            FROM {SchemaNames.EventsTable}
            WHERE version > $above AND version < $below{where}
            ORDER BY version{(_direction == ReadDirection.Forwards ? "" : " DESC")}
            LIMIT $rows
            """;

        void Add(object? given, string condition, string name, object? value)
        {
            if (given is not null)
            {
                where.Append(" AND ").Append(condition);
                _conditions.Add((name, value));
            }
        }
    }

    /// <summary>Moves on to the page behind this event.</summary>
    internal void ContinueAfter(EventVersion last)
    {
        if (_direction == ReadDirection.Forwards)
        {
            _above = last.Value;
        }
        else
        {
            _below = last.Value;
        }
    }

    internal SqliteCommand For(SqliteConnection connection, long rows)
    {
        if (_usesTimes)
        {
            // Times stand there in several forms, whose text does not sort by time: compared as they are read.
            connection.CreateFunction<object?, long?>(CreatedAtFunction, value => FileTime.Read(value)?.UtcTicks, isDeterministic: true);
        }

        return connection.Command(_sql, [("$above", _above), ("$below", _below), ("$rows", rows), .. _conditions]);
    }
}
