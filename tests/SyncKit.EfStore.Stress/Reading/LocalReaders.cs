using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SyncKit.EfStore.Stress.Checking;

namespace SyncKit.EfStore.Stress.Reading;

/// <summary>Readers that share one host in this process.</summary>
internal sealed class LocalReaders : IReaderGroup
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    private readonly StoreHost _host;
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<(ILogReader Reader, Deliveries Deliveries, Task Following)> _readers;

    private LocalReaders(StoreHost host, IReadOnlyList<ILogReader> readers)
    {
        _host = host;
        _readers = [.. readers.Select(reader => Start(reader, new Deliveries()))];
    }

    internal IServiceProvider Services => _host.Services;

    /// <summary>Each reader with what it was given so far.</summary>
    internal IEnumerable<(ILogReader Reader, Deliveries Deliveries)> All => _readers.Select(running => (running.Reader, running.Deliveries));

    /// <param name="connectionString">The database.</param>
    /// <param name="readers">New ones.</param>
    /// <param name="cancellationToken">Gives up the start.</param>
    /// <param name="logging">Takes what the store logs; null where nobody wants to know.</param>
    /// <param name="configure">Options other than those of a <see cref="StoreHost"/>.</param>
    internal static async Task<LocalReaders> StartAsync(
        string connectionString,
        IReadOnlyList<ILogReader> readers,
        CancellationToken cancellationToken,
        ILoggerProvider? logging = null,
        Action<EventStoreOptions>? configure = null)
    {
        var host = await StoreHost.StartAsync(
            connectionString,
            builder =>
            {
                if (logging is not null)
                {
                    builder.Services.AddLogging(logs => logs.AddProvider(logging));
                }

                foreach (var reader in readers)
                {
                    reader.AddTo(builder);
                }
            },
            cancellationToken,
            configure: configure);
        var group = new LocalReaders(host, readers);
        foreach (var (_, deliveries, following) in group._readers)
        {
            // A reader that fails is not waited for: its failure is thrown here.
            await await Task.WhenAny(deliveries.WhenReady, following).WaitAsync(Patience, cancellationToken);
        }

        return group;
    }

    public async Task CatchUpAsync(int events, long highest, CancellationToken cancellationToken)
    {
        foreach (var (reader, deliveries, following) in _readers)
        {
            var reached = deliveries.Reached;
            var since = TimeProvider.System.GetTimestamp();
            while ((reader.IsControl ? reached.Highest < highest : reached.Events < events)
                && !following.IsCompleted
                && TimeProvider.System.GetElapsedTime(since) < Patience)
            {
                await Task.Delay(Look, cancellationToken);
                var now = deliveries.Reached;
                (since, reached) = (now == reached ? since : TimeProvider.System.GetTimestamp(), now);
            }
        }
    }

    public async Task<IReadOnlyList<ReaderVerdict>> StopAsync(IReadOnlyList<CommittedEvent> committed, CancellationToken cancellationToken)
    {
        await StopAsync();
        return
        [
            .. _readers.Select(running => new ReaderVerdict(
                running.Reader.Name,
                running.Reader.IsControl,
                DeliveryCheck.Check(committed, running.Deliveries.Versions, running.Reader.Order))),
        ];
    }

    /// <summary>Stops the readers and writes what each was given to a file of its name.</summary>
    internal async Task StopAsync(string folder)
    {
        await StopAsync();
        foreach (var (reader, deliveries, _) in _readers)
        {
            deliveries.WriteTo(Path.Combine(folder, reader.Name));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_readers.Select(running => running.Following)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _host.DisposeAsync();
        _stopping.Dispose();
    }

    private async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_readers.Select(running => running.Following));
    }

    private (ILogReader, Deliveries, Task) Start(ILogReader reader, Deliveries deliveries) =>
        (reader, deliveries, Task.Run(() => reader.FollowAsync(_host.Services, deliveries, _stopping.Token)));
}
