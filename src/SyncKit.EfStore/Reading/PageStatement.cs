using System.Text;
using Npgsql;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Reading;

/// <summary>
/// The SELECT of a query, one page at a time: conditions as parameters, and the cursor that moves from page to page. Over one stream it
/// moves by stream version, whose order is that of the versions, and whose index holds nothing else.
/// </summary>
internal sealed class PageStatement
{
    internal const string Columns = "version, stream_version, id, aggregate_id, event_type, data, metadata, created_at";

    private readonly string _sql;
    private readonly string _firstSql;
    private readonly Func<NpgsqlParameter>[] _conditions;
    private readonly ReadDirection _direction;
    private readonly bool _ofStream;
    private bool _isFirst = true;
    private long _above;
    private long _below;
    private long _aboveInStream;
    private long _belowInStream = long.MaxValue;

    internal PageStatement(EventQuery query)
    {
        _direction = query.Direction;
        _above = query.After.Value;
        _below = query.Before?.Value ?? long.MaxValue;

        var where = new StringBuilder();
        var conditions = new List<Func<NpgsqlParameter>>();
        if (query.AggregateId is { } aggregateId)
        {
            _ofStream = true;
            Add("aggregate_id = ", aggregateId);
            conditions.Add(() => new NpgsqlParameter<long> { TypedValue = _aboveInStream });
            conditions.Add(() => new NpgsqlParameter<long> { TypedValue = _belowInStream });
            where.Append(StreamCursor);
        }

        if (query.AggregateIdPrefix is { } prefix)
        {
            // starts_with compares bytes whatever the collation, and nothing in the text is a wildcard.
            conditions.Add(() => new NpgsqlParameter<string> { TypedValue = prefix });
            where.Append(" AND starts_with(aggregate_id, $").Append(conditions.Count + FixedParameters).Append(')');
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
        _sql = _ofStream ? SelectOfStream(where.ToString(), _direction) : Select(where.ToString(), _direction);
        _firstSql = _ofStream && _above > 0 && _direction == ReadDirection.Forwards
            ? SelectOfStream(where.ToString() + BehindWhatIsKnown, _direction)
            : _sql;

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
        _sql = _firstSql = Select($" AND version = ANY (${FixedParameters + 1})", ReadDirection.Forwards);
    }

    // $1 and $2 bound the version, $3 the number of rows; of a stream, $4 is the stream, $5 and $6 the cursor.
    private const int FixedParameters = 3;
    private const string StreamCursor = " AND stream_version > ($5) AND stream_version < ($6)";

    // Where the events behind a version begin: found from the end of the stream, so it costs as much as there is to read.
    private const string BehindWhatIsKnown = $"""
         AND stream_version > coalesce(
            (SELECT stream_version FROM {SchemaNames.EventsTable}
             WHERE aggregate_id = ($4) AND version + 0 <= $1 ORDER BY stream_version DESC LIMIT 1), 0)
        """;

    /// <summary>Whether it reads up to the settled mark only.</summary>
    internal bool IsCapped { get; private set; }

    internal static PageStatement OfVersions(long[] versions) => new(versions);

    /// <summary>Leaves out everything above a version.</summary>
    internal void CapAt(long version)
    {
        _below = Math.Min(_below, version == long.MaxValue ? version : version + 1);
        IsCapped = true;
    }

    /// <summary>Moves on to the page behind this event.</summary>
    internal void ContinueAfter(StoredEvent last)
    {
        _isFirst = false;
        switch (_ofStream, _direction)
        {
            case (true, ReadDirection.Forwards):
                _aboveInStream = last.StreamVersion;
                break;
            case (true, _):
                _belowInStream = last.StreamVersion;
                break;
            case (false, ReadDirection.Forwards):
                _above = last.Version.Value;
                break;
            default:
                _below = last.Version.Value;
                break;
        }
    }

    internal NpgsqlBatch For(NpgsqlConnection connection, int rows)
    {
        var select = new NpgsqlBatchCommand(_isFirst ? _firstSql : _sql);
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

    // "+ 0": a bound on the version would tempt the planner, who does not know its value, to combine this index with the primary key's, and
    // to read all of that one (seen: the time of a read grew with the log).
    private static string SelectOfStream(string conditions, ReadDirection direction) =>
        $"""
        SELECT {Columns}
        FROM {SchemaNames.EventsTable}
        WHERE version + 0 > $1 AND version + 0 < $2{conditions}
        ORDER BY stream_version{(direction == ReadDirection.Forwards ? "" : " DESC")}
        LIMIT $3
        """;
}
