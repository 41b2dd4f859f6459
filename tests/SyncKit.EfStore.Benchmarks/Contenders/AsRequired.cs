using SyncKit.EfStore.Benchmarks.Events;

namespace SyncKit.EfStore.Benchmarks.Contenders;

/// <summary>
/// The store as the requirements draw it: their SQL to the letter, and their <c>Store</c>: begin, INSERT, commit, for each event, a connection
/// for each caller. Better off than their Go program in two ways: the INSERT is prepared, and Npgsql sends BEGIN together with it.
/// </summary>
internal sealed class AsRequired : IAppender<Row>
{
    internal const string Name = "as required";

    private const string InsertSql = """
        INSERT INTO events (id, aggregate_id, event_type, data, metadata)
        VALUES ($1, $2, $3, $4, $5)
        """;

    private readonly CallerConnections _connections;
    private readonly List<InsertCommand> _inserts = [];

    private AsRequired(CallerConnections connections) => _connections = connections;

    internal static async Task<AsRequired> OpenAsync(string connectionString, int callers, CancellationToken cancellationToken)
    {
        var contender = new AsRequired(await CallerConnections.OpenAsync(connectionString, callers, cancellationToken));
        for (var caller = 0; caller < callers; caller++)
        {
            contender._inserts.Add(
                await InsertCommand.PrepareAsync(contender._connections[caller], InsertSql, withStreamVersion: false, cancellationToken));
        }

        return contender;
    }

    public async Task AppendAsync(int caller, Row what)
    {
        await using var transaction = await _connections[caller].BeginTransactionAsync();
        await _inserts[caller].With(what).ExecuteNonQueryAsync();
        await transaction.CommitAsync();
    }

    public ValueTask DisposeAsync() => _connections.DisposeAsync();
}
