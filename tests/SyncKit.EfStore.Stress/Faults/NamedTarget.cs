using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SyncKit.EfStore.Stress.Folding;

namespace SyncKit.EfStore.Stress.Faults;

/// <summary>A named subscription whose handler writes through the application's context: its effects and the checkpoint are one transaction.</summary>
internal sealed class NamedTarget : IFaultTarget
{
    private const string Subscription = "faults";

    private StoreHost? _host;

    public string Name => "named subscription, DbContext";

    public async Task StartAsync(string direct, string suffering, CancellationToken cancellationToken) =>
        _host = await StoreHost.StartAsync(
            suffering,
            builder =>
            {
                builder.Services.AddDbContext<FoldContext>(options => options.UseNpgsql(
                    new NpgsqlConnectionStringBuilder(suffering)
                    {
                        ApplicationName = StoreHost.ApplicationName,
                        KeepAlive = 1,
                        Timeout = 5,
                        CommandTimeout = 5,
                    }.ConnectionString));
                builder.AddSubscription<FoldHandler, FoldContext>(Subscription, options =>
                {
                    options.BatchSize = 50;
                    options.LeaseDuration = TimeSpan.FromSeconds(5);
                });
            },
            cancellationToken);

    public async Task<long> CheckpointAsync(string direct, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(direct) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using var read = new NpgsqlCommand("SELECT checkpoint FROM event_subscriptions WHERE name = $1", connection);
        read.Parameters.Add(new NpgsqlParameter { Value = Subscription });
        return await read.ExecuteScalarAsync(cancellationToken) as long? ?? 0;
    }

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }
    }
}
