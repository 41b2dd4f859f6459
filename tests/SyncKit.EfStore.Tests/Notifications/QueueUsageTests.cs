using Microsoft.Extensions.Logging;
using SyncKit.EfStore.Diagnostics;
using SyncKit.EfStore.Notifications;

namespace SyncKit.EfStore.Tests.Notifications;

/// <summary>The server's queue of notifications is watched: once it is full, nobody can commit an append.</summary>
[TestClass]
public sealed class QueueUsageTests
{
    [TestMethod]
    public void Much_is_said_once_and_so_is_its_end()
    {
        using var metrics = new EventStoreMetrics(null, enabled: true);
        var log = new Lines();
        var usage = new QueueUsage(metrics, log);

        foreach (var share in new[] { 0, 0.5, 0.51, 0.9, 0.51, 0.5, 0, 0.6 })
        {
            usage.Note(share);
        }

        CollectionAssert.AreEqual(
            new[] { (LogLevel.Warning, 213), (LogLevel.Information, 214), (LogLevel.Warning, 213) }, log.Said);
    }

    [TestMethod]
    public async Task A_session_that_listens_and_stays_in_a_transaction_shows_in_the_metric()
    {
        await using var host = await ListeningHost.StartAsync(options => options.PollInterval = TimeSpan.FromMilliseconds(100));
        using var meter = new NotificationMeter(host);
        await using var holder = await host.ConnectAsync();
        await using var writer = await host.ConnectAsync();
        await holder.RunAsync("LISTEN nothing");
        await using (var transaction = await holder.BeginTransactionAsync())
        {
            await holder.RunAsync("SELECT 1");
            await writer.RunAsync("SELECT pg_notify('of others', i || repeat('x', 7000)) FROM generate_series(1, 200) AS i");
            await UntilAsync(() => meter.QueueUsage() > 0.00001);
            await transaction.CommitAsync();
        }

        // Other tests of this server notify too; but none of them holds a megabyte back.
        await holder.RunAsync("UNLISTEN *");
        await UntilAsync(() => meter.QueueUsage() < 0.00001);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        var patience = System.Diagnostics.Stopwatch.StartNew();
        while (!condition())
        {
            Assert.IsLessThan(TimeSpan.FromSeconds(60), patience.Elapsed);
            await Task.Delay(TimeSpan.FromMilliseconds(20));
        }
    }

    private sealed class Lines : ILogger
    {
        internal List<(LogLevel, int)> Said { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Said.Add((logLevel, eventId.Id));
    }
}
