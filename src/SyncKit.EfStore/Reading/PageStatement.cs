using System.Text;
using Npgsql;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Reading;

/// <summary>The SELECT of a query, one page at a time: conditions as parameters, and the cursor that moves from page to page.</summary>
internal sealed class PageStatement
{
    internal const string Columns = "version, stream_version, id, aggregate_id, event_type, data, metadata, created_at";

    private readonly string _sql;
    private readonly Func<NpgsqlParameter>[] _conditions;
    private readonly ReadDirection _direction;
    private long _above;
    private long _below;

    internal PageStatement(EventQuery query)
    {
        _direction = query.Direction;
        _above = query.After.Value;
        _below = query.Before?.Value ?? long.MaxValue;

        var where = new StringBuilder();
        var conditions = new List<Func<NpgsqlParameter>>();
        if (query.AggregateId is { } aggregateId)
        {
            Add("aggregate_id = ", aggregateId);
        }

        if (query.EventTypes is [var only])
        {
            Add("event_type = ", only);
        }
        else if (query.EventTypes.Count > 0)
        {
            Add("event_type = ANY ", query.EventTypes.ToArray());
        }

        if (query.CreatedFrom is { } from)
        {
            Add("created_at >= ", from.ToUniversalTime());
        }

        if (query.CreatedBefore is { } before)
        {
            Add("created_at < ", before.ToUniversalTime());
        }

        _conditions = [.. conditions];
        _sql = Select(where.ToString(), _direction);

        void Add<T>(string condition, T value)
        {
            conditions.Add(() => new NpgsqlParameter<T> { TypedValue = value });
            where.Append(" AND ").Append(condition).Append("($").Append(conditions.Count + FixedParameters).Append(')');
        }
    }

    private PageStatement(long[] versions)
    {
        _below = long.MaxValue;
        _conditions = [() => new NpgsqlParameter<long[]> { TypedValue = versions }];
        _sql = Select($" AND version = ANY (${FixedParameters + 1})", ReadDirection.Forwards);
    }

    // $1 and $2 bound the version, $3 the number of rows.
    private const int FixedParameters = 3;

    internal static PageStatement OfVersions(long[] versions) => new(versions);

    /// <summary>Leaves out everything above a version.</summary>
    internal void CapAt(long version) => _below = Math.Min(_below, version == long.MaxValue ? version : version + 1);

    /// <summary>Moves on to the page behind this version.</summary>
    internal void ContinueAfter(long version)
    {
        if (_direction == ReadDirection.Forwards)
        {
            _above = version;
        }
        else
        {
            _below = version;
        }
    }

    internal NpgsqlBatch For(NpgsqlConnection connection, int rows)
    {
        var select = new NpgsqlBatchCommand(_sql);
        select.Parameters.Add(new NpgsqlParameter<long> { TypedValue = _above });
        select.Parameters.Add(new NpgsqlParameter<long> { TypedValue = _below });
        select.Parameters.Add(new NpgsqlParameter<long> { TypedValue = rows });
        foreach (var condition in _conditions)
        {
            select.Parameters.Add(condition());
        }

        var batch = connection.CreateBatch();
        batch.BatchCommands.Add(PlannerCare.Command());
        batch.BatchCommands.Add(select);
        return batch;
    }

    private static string Select(string conditions, ReadDirection direction) =>
        $"""
        SELECT {Columns}
        FROM {SchemaNames.EventsTable}
        WHERE version > $1 AND version < $2{conditions}
        ORDER BY version{(direction == ReadDirection.Forwards ? "" : " DESC")}
        LIMIT $3
        """;
}
