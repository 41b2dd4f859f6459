using System.Globalization;
using Npgsql;
using SyncKit.EfStore.Stress.Folding;
using SyncKit.EfStore.Stress.Writing;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Stress.Takeover;

/// <summary>
/// Two processes host one subscription, a third appends: the active one is frozen for longer than its lease and thawed again, or killed, round
/// after round; then the handlers' table against the log.
/// </summary>
/// <param name="moments">Where the active one is frozen in each round; null kills it.</param>
/// <param name="lease">The length of the lease, seconds.</param>
/// <param name="careless">With a handler that writes past its transaction: for a test that shows that this finds it out.</param>
internal sealed class TakeoverRun(IReadOnlyList<Moment?> moments, int lease, bool careless = false)
{
    // What the README states, and what it takes to look: by the standby every third of the lease, here every few milliseconds.
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private TimeSpan Lease { get; } = TimeSpan.FromSeconds(lease);

    private TimeSpan Limit => (Lease * 4 / 3) + Slack;

    internal async Task<TakeoverResult> RunAsync(PostgresServer server, IProgress<TakeoverRound> progress, CancellationToken cancellationToken)
    {
        await using var database = await server.CreateDatabaseAsync(cancellationToken);
        await FoldTable.CreateAsync(database.ConnectionString, cancellationToken);
        await using var writing = await StoreHost.StartAsync(database.ConnectionString, null, cancellationToken, "stress writer");
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var appending = new SteadyAppends(writing.Store).RunAsync(enough.Token);
        var rounds = new List<TakeoverRound>();
        var pair = new List<Subscriber>();
        try
        {
            await using var watch = await WatchAsync(database.ConnectionString, cancellationToken);
            pair.Add(await StartAsync());
            pair.Add(await StartAsync());
            foreach (var moment in moments)
            {
                rounds.Add(await RoundAsync(pair, moment, watch, cancellationToken));
                progress.Report(rounds[^1]);
                if (moment is null)
                {
                    pair.Add(await StartAsync());
                }
            }

            await enough.CancelAsync();
            await appending;
            var (checkpoint, last) = (-1L, (await FoldTable.CompareAsync(database.ConnectionString, cancellationToken)).Last);
            var since = TimeProvider.System.GetTimestamp();
            while (checkpoint < last && TimeProvider.System.GetElapsedTime(since) < Patience)
            {
                await Task.Delay(Look, cancellationToken);
                checkpoint = (await LookAsync(watch, cancellationToken)).Checkpoint;
            }

            var (differences, events, _) = await FoldTable.CompareAsync(database.ConnectionString, cancellationToken);
            return new TakeoverResult(rounds, events, last, checkpoint, differences);
        }
        finally
        {
            await enough.CancelAsync();
            await appending;
            foreach (var subscriber in pair)
            {
                await subscriber.DisposeAsync();
            }
        }

        Task<Subscriber> StartAsync() => Subscriber.StartAsync(database.ConnectionString, lease, careless, cancellationToken);
    }

    private async Task<TakeoverRound> RoundAsync(
        List<Subscriber> pair, Moment? moment, NpgsqlConnection watch, CancellationToken cancellationToken)
    {
        var first = await ActiveAsync(pair, moment, watch, cancellationToken);
        var before = (await LookAsync(watch, cancellationToken)).Checkpoint;
        var began = TimeProvider.System.GetTimestamp();
        if (moment is null)
        {
            pair.Remove(first);
            await first.KillAsync();
            await first.DisposeAsync();
        }
        else
        {
            first.Freeze();
        }

        var tookOver = await UntilAsync(row => row.Owner is { } owner && owner != first.ProcessId, "another instance has the lease");
        var moved = await UntilAsync(row => row.Checkpoint > before, "the checkpoint moves on");
        if (moment is null)
        {
            return new TakeoverRound(null, tookOver, Limit, moved, null, null);
        }

        var rest = (Lease * 1.1) - TimeProvider.System.GetElapsedTime(began);
        await Task.Delay(rest > TimeSpan.Zero ? rest : TimeSpan.Zero, cancellationToken); // Beyond its lease, whenever it was renewed last.
        var frozen = TimeProvider.System.GetElapsedTime(began);
        await first.ThawAsync();
        await first.UntilAsync(SubscriptionStatus.Standby, cancellationToken);
        return new TakeoverRound(moment, tookOver, Limit, moved, frozen, TimeProvider.System.GetElapsedTime(began) - frozen);

        async Task<TimeSpan> UntilAsync(Func<(int? Owner, long Checkpoint), bool> condition, string what)
        {
            while (!condition(await LookAsync(watch, cancellationToken)))
            {
                if (TimeProvider.System.GetElapsedTime(began) > Limit + Patience)
                {
                    throw new TimeoutException($"{Limit + Patience} after an instance was stopped ({moment?.ToString() ?? "killed"}), still not: {what}.");
                }

                await Task.Delay(Look, cancellationToken);
            }

            return TimeProvider.System.GetElapsedTime(began);
        }
    }

    /// <summary>The instance that has the lease, held where it is to be frozen.</summary>
    private async Task<Subscriber> ActiveAsync(
        List<Subscriber> pair, Moment? moment, NpgsqlConnection watch, CancellationToken cancellationToken)
    {
        while (true)
        {
            var owner = (await LookAsync(watch, cancellationToken)).Owner;
            if (pair.Find(subscriber => subscriber.ProcessId == owner) is { } active
                && (moment is null or Moment.Anywhere || await active.HoldAsync(moment.Value, Lease * 2, cancellationToken)))
            {
                return active;
            }

            await Task.Delay(Look, cancellationToken);
        }
    }

    private static async Task<NpgsqlConnection> WatchAsync(string connectionString, CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        return connection;
    }

    /// <summary>The process that has the lease, which the name of its owner tells, and how far the subscription is.</summary>
    private static async Task<(int? Owner, long Checkpoint)> LookAsync(NpgsqlConnection watch, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT split_part(lease_owner, '/', 2), checkpoint FROM event_subscriptions", watch);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken)
            ? (row.IsDBNull(0) ? null : int.Parse(row.GetString(0), CultureInfo.InvariantCulture), row.GetInt64(1))
            : (null, 0);
    }
}
