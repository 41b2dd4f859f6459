using SyncKit.EfStore.Benchmarks.Events;

namespace SyncKit.EfStore.Benchmarks.Contenders;

/// <summary>
/// The barest way into the store's own table: a prepared INSERT … RETURNING in autocommit, a connection for each caller. It supplies the stream
/// version, so it asks for nothing and checks nothing but what the table's indexes check.
/// </summary>
internal sealed class RawInsert : IAppender<Row>
{
    internal const string Name = "raw INSERT … RETURNING";

    private const string InsertSql = """
        INSERT INTO events (id, aggregate_id, event_type, data, metadata, stream_version)
        VALUES ($1, $2, $3, $4, $5, $6)
        RETURNING version
        """;

    private readonly CallerConnections _connections;
    private readonly List<InsertCommand> _inserts = [];

    private RawInsert(CallerConnections connections) => _connections = connections;

    internal static async Task<RawInsert> OpenAsync(string connectionString, int callers, CancellationToken cancellationToken)
    {
        var contender = new RawInsert(await CallerConnections.OpenAsync(connectionString, callers, cancellationToken));
        for (var caller = 0; caller < callers; caller++)
        {
            contender._inserts.Add(
                await InsertCommand.PrepareAsync(contender._connections[caller], InsertSql, withStreamVersion: true, cancellationToken));
        }

        return contender;
    }

    public Task AppendAsync(int caller, Row what) => _inserts[caller].With(what).ExecuteScalarAsync();

    public ValueTask DisposeAsync() => _connections.DisposeAsync();
}
