using Npgsql;
using NpgsqlTypes;
using SyncKit.EfStore.Benchmarks.Events;

namespace SyncKit.EfStore.Benchmarks.Contenders;

/// <summary>
/// The fastest road PostgreSQL has: binary COPY into the store's own table, with the stream version supplied. Written synchronously, which
/// costs Npgsql less than awaiting each value; each COPY is a transaction.
/// </summary>
internal sealed class RawCopy : IAppender<Batch>
{
    internal const string Name = "raw COPY";

    private readonly CallerConnections _connections;

    private RawCopy(CallerConnections connections) => _connections = connections;

    internal static async Task<RawCopy> OpenAsync(string connectionString, int callers, CancellationToken cancellationToken) =>
        new(await CallerConnections.OpenAsync(connectionString, callers, cancellationToken));

    internal static void Write(NpgsqlConnection connection, IEnumerable<Row> rows, bool withStreamVersion = true)
    {
        var columns = "id, aggregate_id, event_type, data, metadata" + (withStreamVersion ? ", stream_version" : "");
        using var copy = connection.BeginBinaryImport($"COPY events ({columns}) FROM STDIN (FORMAT binary)");
        foreach (var row in rows)
        {
            copy.StartRow();
            copy.Write(row.Event.Id, NpgsqlDbType.Text);
            copy.Write(row.Event.AggregateId, NpgsqlDbType.Text);
            copy.Write(row.Event.EventType, NpgsqlDbType.Text);
            copy.Write(row.Data, NpgsqlDbType.Jsonb);
            copy.Write(row.Metadata, NpgsqlDbType.Jsonb);
            if (withStreamVersion)
            {
                copy.Write(row.StreamVersion, NpgsqlDbType.Bigint);
            }
        }

        copy.Complete();
    }

    public Task AppendAsync(int caller, Batch what)
    {
        Write(_connections[caller], what.Rows);
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => _connections.DisposeAsync();
}
