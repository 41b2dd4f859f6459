using Npgsql;

namespace SyncKit.EfStore.Stress.Faults;

/// <summary>
/// The handler that an application would write by hand on <c>LoadAsync</c>: a page, its effects and the checkpoint in one transaction, and after
/// any error again from the checkpoint.
/// </summary>
/// <param name="oneTransaction">
/// Whether effects and checkpoint are one. Not, for a test that shows what the faults do to a careless handler.
/// </param>
internal sealed class ByHandTarget(bool oneTransaction = true) : IFaultTarget
{
    private const int PageSize = 50;

    private const string CreateSql =
        "CREATE TABLE by_hand (version bigint NOT NULL); INSERT INTO by_hand VALUES (0)";

    private const string FoldSql =
        """
        INSERT INTO fold AS f (aggregate_id, events, total) VALUES ($1, 1, $2)
        ON CONFLICT (aggregate_id) DO UPDATE SET events = f.events + 1, total = f.total + excluded.total
        """;

    // A transaction whose COMMIT was not answered may have moved it; then this one finds no row, and must not commit.
    private const string MoveSql = "UPDATE by_hand SET version = $2 WHERE version = $1";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private readonly CancellationTokenSource _stopping = new();
    private StoreHost? _host;
    private Task _handling = Task.CompletedTask;

    public string Name => "by hand";

    public async Task StartAsync(string direct, string suffering, CancellationToken cancellationToken)
    {
        await using (var connection = await OpenAsync(direct, cancellationToken))
        {
            await using var create = new NpgsqlCommand(CreateSql, connection);
            await create.ExecuteNonQueryAsync(cancellationToken);
        }

        _host = await StoreHost.StartAsync(suffering, null, cancellationToken);
        _handling = Task.Run(() => HandleAsync(suffering), CancellationToken.None);
    }

    public async Task<long> CheckpointAsync(string direct, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(direct, cancellationToken);
        return await ReadAsync(connection, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _handling;
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }

        _stopping.Dispose();
    }

    private async Task HandleAsync(string connectionString)
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await using var connection = await OpenAsync(connectionString, _stopping.Token);
                while (true)
                {
                    var before = await ReadAsync(connection, _stopping.Token);
                    var page = await _host!.Store.LoadAsync(new EventVersion(before), _stopping.Token).Take(PageSize).ToListAsync(_stopping.Token);
                    if (page.Count == 0)
                    {
                        await Task.Delay(Pause, _stopping.Token);
                        continue;
                    }

                    await HandleAsync(connection, before, page);
                }
            }
            catch (Exception) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) when (
                error is NpgsqlException or EventStoreException or IOException or TimeoutException or InvalidOperationException)
            {
                // Broken off somewhere: the checkpoint says where.
                await Task.Delay(Pause, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task HandleAsync(NpgsqlConnection connection, long before, List<StoredEvent> page)
    {
        await using var transaction = oneTransaction ? await connection.BeginTransactionAsync(_stopping.Token) : null;
        foreach (var stored in page)
        {
            using var data = stored.Data!.ToDocument();
            var number = data.RootElement.TryGetProperty("number", out var value) ? value.GetInt64() : 0;
            await using var fold = new NpgsqlCommand(FoldSql, connection);
            fold.Parameters.Add(new NpgsqlParameter { Value = stored.AggregateId });
            fold.Parameters.Add(new NpgsqlParameter { Value = number });
            await fold.ExecuteNonQueryAsync(_stopping.Token);
        }

        if (!oneTransaction)
        {
            await Task.Delay(Pause, _stopping.Token); // What it does besides takes time.
        }

        await using var move = new NpgsqlCommand(MoveSql, connection);
        move.Parameters.Add(new NpgsqlParameter { Value = before });
        move.Parameters.Add(new NpgsqlParameter { Value = page[^1].Version.Value });
        if (await move.ExecuteNonQueryAsync(_stopping.Token) == 1 && transaction is not null)
        {
            await transaction.CommitAsync(_stopping.Token);
        }
    }

    private static async Task<long> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var read = new NpgsqlCommand("SELECT version FROM by_hand", connection);
        return (long)(await read.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task<NpgsqlConnection> OpenAsync(string connectionString, CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString)
        {
            Pooling = false,
            ApplicationName = StoreHost.ApplicationName,
            KeepAlive = 1,
            Timeout = 5,
            CommandTimeout = 2,
            CancellationTimeout = 500,
        }.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        return connection;
    }
}
