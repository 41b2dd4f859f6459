using Microsoft.Extensions.DependencyInjection;
using SyncKit.EfStore.Stress.Checking;
using SyncKit.EfStore.Stress.Reading;
using SyncKit.EfStore.Stress.Writing;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Stress.Outage;

/// <summary>
/// An application with readers of every kind, and a writer that never gives up: the server is away, then back, and nobody helps; after that its
/// connections fall silent. With the waits between attempts that an application gets when it says nothing.
/// </summary>
internal sealed class OutageRun(TimeSpan downFor, int silences)
{
    private const int KeepAlive = 1; // seconds, of StoreHost
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    // Attempts are at most MaxReconnectInterval apart, and one may just have failed; then the log is read.
    private static readonly TimeSpan LiveWithin = new EventStoreOptions().MaxReconnectInterval + TimeSpan.FromSeconds(5);

    // What the timers of a busy machine add to twice the keep-alive.
    private static readonly TimeSpan NoticedWithin = TimeSpan.FromSeconds(2 * KeepAlive) + TimeSpan.FromMilliseconds(250);

    internal async Task<OutageResult> RunAsync(PostgresServer server, Action<string> progress, CancellationToken cancellationToken)
    {
        await using var database = await server.CreateDatabaseAsync(cancellationToken);
        await using var proxy = new TcpProxy(database.ConnectionString);
        await using var writing = await StoreHost.StartAsync(database.ConnectionString, null, cancellationToken, "stress writer");
        await using var readers = await LocalReaders.StartAsync(
            proxy.ConnectionString, ReaderKinds.Exact(), cancellationToken, configure: UseDefaultWaits);
        var store = readers.Services.GetRequiredService<IRealtimeEventStore>();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var appending = new SteadyAppends(writing.Store).RunAsync(enough.Token);
        var noticed = new List<TimeSpan?>();
        IReadOnlyList<(string, TimeSpan?)> live;
        try
        {
            await UntilAsync(() => IsLive(readers), cancellationToken);
            progress($"the server is away for {downFor}");
            await server.RestartAsync(ServerShutdown.Fast, downFor, cancellationToken);
            progress("it is back");
            live = await LiveAgainAsync(readers, writing.Store, cancellationToken);
            for (var silence = 0; silence < silences; silence++)
            {
                await UntilAsync(() => IsLive(readers), cancellationToken);
                noticed.Add(await SilenceAsync(proxy, store, cancellationToken));
                progress($"silence noticed after {noticed[^1]}");
            }
        }
        finally
        {
            await enough.CancelAsync();
            await appending;
        }

        var log = await CommittedEvent.ReadAllAsync(database.ConnectionString, cancellationToken);
        await readers.CatchUpAsync(log.Count, log[^1].Version, cancellationToken);
        return new OutageResult(live, LiveWithin, noticed, NoticedWithin, log.Count, await readers.StopAsync(log, cancellationToken));
    }

    private static void UseDefaultWaits(EventStoreOptions options)
    {
        var defaults = new EventStoreOptions();
        options.ReconnectInterval = defaults.ReconnectInterval;
        options.MaxReconnectInterval = defaults.MaxReconnectInterval;
        options.PollInterval = defaults.PollInterval;
    }

    /// <summary>How soon each reader has an event that was committed after the server was back, and the states say that they are live.</summary>
    private static async Task<IReadOnlyList<(string, TimeSpan?)>> LiveAgainAsync(
        LocalReaders readers, IEventStore writer, CancellationToken cancellationToken)
    {
        var began = TimeProvider.System.GetTimestamp();
        var first = (await AppendAsync(writer, cancellationToken)).Value;
        List<(string Name, Func<bool> IsBack)> waiting =
        [
            .. readers.All.Select(each => (each.Reader.Name, (Func<bool>)(() => each.Deliveries.Reached.Highest >= first))),
            ("listener", () => IsListening(readers)),
            ("subscription", () => IsHandling(readers)),
        ];
        var live = new List<(string, TimeSpan?)>();
        while (waiting.Count > 0 && TimeProvider.System.GetElapsedTime(began) < Patience)
        {
            foreach (var back in waiting.Where(each => each.IsBack()).ToList())
            {
                waiting.Remove(back);
                live.Add((back.Name, TimeProvider.System.GetElapsedTime(began)));
            }

            await Task.Delay(Look, cancellationToken);
        }

        return [.. live, .. waiting.Select(never => (never.Name, (TimeSpan?)null))];
    }

    private static async Task<TimeSpan?> SilenceAsync(TcpProxy proxy, IRealtimeEventStore store, CancellationToken cancellationToken)
    {
        // Anywhere between two signs of life.
        await Task.Delay(TimeSpan.FromSeconds(Random.Shared.NextDouble() * KeepAlive), cancellationToken);
        var began = TimeProvider.System.GetTimestamp();
        var noticed = new TaskCompletionSource<TimeSpan>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var watching = store.ListenerStates.Subscribe(new Watcher(state =>
        {
            if (state.Status == ListenerStatus.Reconnecting)
            {
                noticed.TrySetResult(TimeProvider.System.GetElapsedTime(began));
            }
        }));
        proxy.Silence();
        try
        {
            return await noticed.Task.WaitAsync(Patience, cancellationToken);
        }
        catch (TimeoutException)
        {
            return null;
        }
        finally
        {
            proxy.Resume();
        }
    }

    /// <summary>By the writer's own road, past the wire; again until it is stored, as the server has only just come back.</summary>
    private static async Task<EventVersion> AppendAsync(IEventStore writer, CancellationToken cancellationToken)
    {
        var marker = EventData.FromJson("marker", "Marked", "{}");
        while (true)
        {
            try
            {
                return (await writer.StoreAsync(marker, cancellationToken)).Version;
            }
            catch (EventStoreUnavailableException)
            {
                await Task.Delay(Look, cancellationToken);
            }
        }
    }

    private static bool IsLive(LocalReaders readers) => IsListening(readers) && IsHandling(readers);

    private static bool IsListening(LocalReaders readers) =>
        readers.Services.GetRequiredService<IRealtimeEventStore>().ListenerState.Status == ListenerStatus.Live;

    private static bool IsHandling(LocalReaders readers) =>
        readers.Services.GetRequiredService<ISubscriptions>().Get(NamedReader.Subscription).State.Status == SubscriptionStatus.Live;

    private static async Task UntilAsync(Func<bool> condition, CancellationToken cancellationToken)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(began) > Patience)
            {
                throw new TimeoutException($"Listener and subscription are not live after {Patience}.");
            }

            await Task.Delay(Look, cancellationToken);
        }
    }

    private sealed class Watcher(Action<ListenerState> seen) : IObserver<ListenerState>
    {
        public void OnNext(ListenerState value) => seen(value);

        public void OnError(Exception error)
        {
        }

        public void OnCompleted()
        {
        }
    }
}
