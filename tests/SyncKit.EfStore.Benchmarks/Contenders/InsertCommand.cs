using Npgsql;
using NpgsqlTypes;
using SyncKit.EfStore.Benchmarks.Events;

namespace SyncKit.EfStore.Benchmarks.Contenders;

/// <summary>A prepared INSERT of one row, used again and again.</summary>
internal sealed class InsertCommand : IAsyncDisposable
{
    private readonly NpgsqlParameter<string> _id = new() { TypedValue = "" };
    private readonly NpgsqlParameter<string> _aggregateId = new() { TypedValue = "" };
    private readonly NpgsqlParameter<string> _eventType = new() { TypedValue = "" };
    private readonly NpgsqlParameter<byte[]> _data = new() { NpgsqlDbType = NpgsqlDbType.Jsonb, TypedValue = [] };
    private readonly NpgsqlParameter<byte[]> _metadata = new() { NpgsqlDbType = NpgsqlDbType.Jsonb, TypedValue = [] };
    private readonly NpgsqlParameter<long> _streamVersion = new();

    private InsertCommand(NpgsqlConnection connection, string sql, bool withStreamVersion)
    {
        Command = new NpgsqlCommand(sql, connection) { Parameters = { _id, _aggregateId, _eventType, _data, _metadata } };
        if (withStreamVersion)
        {
            Command.Parameters.Add(_streamVersion);
        }
    }

    internal NpgsqlCommand Command { get; }

    internal static async Task<InsertCommand> PrepareAsync(
        NpgsqlConnection connection, string sql, bool withStreamVersion, CancellationToken cancellationToken)
    {
        var insert = new InsertCommand(connection, sql, withStreamVersion);
        await insert.Command.PrepareAsync(cancellationToken);
        return insert;
    }

    internal NpgsqlCommand With(Row row)
    {
        _id.TypedValue = row.Event.Id;
        _aggregateId.TypedValue = row.Event.AggregateId;
        _eventType.TypedValue = row.Event.EventType;
        _data.TypedValue = row.Data;
        _metadata.TypedValue = row.Metadata;
        _streamVersion.TypedValue = row.StreamVersion;
        return Command;
    }

    public ValueTask DisposeAsync() => Command.DisposeAsync();
}
