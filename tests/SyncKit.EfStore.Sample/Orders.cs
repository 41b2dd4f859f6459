using Microsoft.Extensions.Hosting;

namespace SyncKit.EfStore.Sample;

/// <summary>Customers: some at once, each with an order, sometimes two for the same one.</summary>
internal sealed class Orders(IRealtimeEventStore store) : BackgroundService
{
    private const int Customers = 8;
    private const int Streams = 500;
    private static readonly TimeSpan LongestThought = TimeSpan.FromMilliseconds(100);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var watching = store.ObserveAll().Subscribe(_ => { });
        await Task.WhenAll(Enumerable.Range(0, Customers).Select(_ => OrderAsync(stoppingToken)));
    }

    private async Task OrderAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var order = $"order-{Random.Shared.Next(Streams)}";
            var version = await store.LoadByAggregateAsync(order, cancellationToken: stoppingToken).CountAsync(stoppingToken);
            try
            {
                await store.AppendAsync(
                    [EventData.FromObject(order, "OrderChanged", new { Total = Random.Shared.Next(100) })], ExpectedVersion.Exactly(version), stoppingToken);
            }
            catch (WrongExpectedVersionException)
            {
                // Two customers had the same order: that is what the metric of conflicts shows.
            }

            await Task.Delay(LongestThought * Random.Shared.NextDouble(), stoppingToken);
        }
    }
}
