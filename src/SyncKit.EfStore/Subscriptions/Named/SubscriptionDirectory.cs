using System.Collections.Frozen;
using Polly;
using SyncKit.EfStore.Diagnostics;
using SyncKit.EfStore.Reading;

namespace SyncKit.EfStore.Subscriptions.Named;

/// <summary>The subscriptions this process hosts, and what can be asked of any.</summary>
internal sealed class SubscriptionDirectory : ISubscriptions, IAsyncDisposable, IDisposable
{
    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestLook = TimeSpan.FromMilliseconds(250);

    private readonly SubscriptionQueries _queries;
    private readonly TimeProvider _time;
    private readonly ResiliencePipeline _patience;
    private readonly FrozenDictionary<string, SubscriptionRunner> _runners;

    public SubscriptionDirectory(
        IEnumerable<SubscriptionDefinition> definitions, SubscriptionServices services, SubscriptionQueries queries, IServiceProvider provider)
    {
        _queries = queries;
        _time = services.Time;
        _patience = PatientRead.Create(
            _time, (wait, error) => Log.SubscriptionReadFailed(services.Logger, wait, error), LogFollower.IsPassing);
        _runners = definitions.ToFrozenDictionary(
            definition => definition.Name,
            definition => new SubscriptionRunner(definition, definition.CreateDelivery(provider), services),
            StringComparer.Ordinal);
        services.Metrics.Subscriptions?.Show([.. _runners.Values.Select(runner => runner.Signals)]);
        Hosted = [.. _runners.Values.Select(runner => runner.States)];
    }

    public IReadOnlyList<ISubscription> Hosted { get; }

    internal IEnumerable<SubscriptionRunner> Runners => _runners.Values;

    public ISubscription Get(string name) => StatesOf(name);

    internal SubscriptionStates StatesOf(string name) =>
        _runners.TryGetValue(SubscriptionDefinition.CheckName(name), out var runner)
            ? runner.States
            : throw new SubscriptionException(name, $"This process hosts no subscription '{name}'. Add it with AddSubscription, or ask ListAsync.");

    public async Task<IReadOnlyList<SubscriptionInfo>> ListAsync(CancellationToken cancellationToken = default) =>
        await _queries.ListAsync(cancellationToken).ConfigureAwait(false);

    public Task PauseAsync(string name, CancellationToken cancellationToken = default) =>
        ChangeAsync(name, () => _queries.PauseAsync(name, cancellationToken), cancellationToken);

    public Task ResumeAsync(string name, CancellationToken cancellationToken = default) =>
        ChangeAsync(name, () => _queries.ResumeAsync(name, cancellationToken), cancellationToken);

    public Task RebuildAsync(string name, EventVersion from = default, CancellationToken cancellationToken = default) =>
        ChangeAsync(name, () => _queries.RebuildAsync(name, from.Value, cancellationToken), cancellationToken);

    public async Task WaitUntilProcessedAsync(string name, EventVersion version, CancellationToken cancellationToken = default)
    {
        SubscriptionDefinition.CheckName(name);
        for (var wait = FirstLook; ; wait = wait * 2 < LongestLook ? wait * 2 : LongestLook)
        {
            // A lost connection says nothing about the subscription: who waits goes on waiting.
            var row = await _patience.ExecuteAsync(
                async token => await _queries.CheckpointAsync(name, token).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
            if (row is null && !_runners.ContainsKey(name))
            {
                throw Unknown(name);
            }

            // One that this process hosts gets its row in a moment.
            var (checkpoint, fault) = row ?? (-1, null);
            if (checkpoint >= version.Value)
            {
                return;
            }

            if (fault is not null)
            {
                throw new SubscriptionException(
                    name, $"Subscription '{name}' is at version {checkpoint} and will not get to {version} by itself. {fault}");
            }

            await Task.Delay(wait, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    public async Task<IReadOnlyList<ParkedEvent>> ParkedAsync(string name, CancellationToken cancellationToken = default)
    {
        await RequireAsync(name, cancellationToken).ConfigureAwait(false);
        return await _queries.ParkedAsync(name, cancellationToken).ConfigureAwait(false);
    }

    public async Task<int> ReplayParkedAsync(string name, EventVersion? version = null, CancellationToken cancellationToken = default)
    {
        await RequireAsync(name, cancellationToken).ConfigureAwait(false);
        var count = await _queries.ReplayAsync(name, version?.Value, cancellationToken).ConfigureAwait(false);
        LookNow(name);
        return count;
    }

    public async Task<int> DropParkedAsync(string name, EventVersion? version = null, CancellationToken cancellationToken = default)
    {
        await RequireAsync(name, cancellationToken).ConfigureAwait(false);
        var count = await _queries.DropAsync(name, version?.Value, cancellationToken).ConfigureAwait(false);
        LookNow(name);
        return count;
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(_runners.Values.Select(runner => runner.DisposeAsync().AsTask())).ConfigureAwait(false);

    /// <summary>For a container that is disposed synchronously: signals the end without waiting for it.</summary>
    public void Dispose() => _ = DisposeAsync().AsTask();

    private static SubscriptionException Unknown(string name) => new(
        name, $"There is no subscription '{name}' in this log. It gets its checkpoint when a host with it first starts; ListAsync tells which there are.");

    private Task RequireAsync(string name, CancellationToken cancellationToken) =>
        AskAsync(
            name,
            async () => await _queries.CheckpointAsync(name, cancellationToken).ConfigureAwait(false) is not null,
            cancellationToken);

    /// <summary>
    /// Does what is asked of a subscription's row. One that this process hosts is made first, if the instance has not come to that yet: who has
    /// just started a host need not wait for it.
    /// </summary>
    private async Task AskAsync(string name, Func<Task<bool>> ask, CancellationToken cancellationToken)
    {
        SubscriptionDefinition.CheckName(name);
        if (!await ask().ConfigureAwait(false))
        {
            if (!_runners.TryGetValue(name, out var runner))
            {
                throw Unknown(name);
            }

            var start = await runner.FirstCheckpointAsync(cancellationToken).ConfigureAwait(false);
            await _queries.CreateAsync(name, start, cancellationToken).ConfigureAwait(false);
            await ask().ConfigureAwait(false);
        }
    }

    private async Task ChangeAsync(string name, Func<Task<bool>> change, CancellationToken cancellationToken)
    {
        await AskAsync(name, change, cancellationToken).ConfigureAwait(false);
        LookNow(name);
    }

    private void LookNow(string name)
    {
        if (_runners.TryGetValue(name, out var runner))
        {
            runner.LookNow();
        }
    }
}
