using System.Diagnostics;
using System.Globalization;
using Npgsql;
using SyncKit.EfStore.Benchmarks.Listening;
using SyncKit.EfStore.Benchmarks.Measuring;
using SyncKit.EfStore.Benchmarks.Servers;

namespace SyncKit.EfStore.Benchmarks.Suites;

/// <summary>Whether many observed streams slow down what is none of theirs.</summary>
internal sealed class FanOutSuite : ISuite
{
    private const double Must = 1.5;
    private const int Streams = 10_000;
    private const string Many = "10,000 observed streams";
    private const string One = "1 observed stream";
    private const string OneOnGlobal = "1 observed stream, events_global";
    private const string ListenerName = "SyncKit.EfStore listener";

    // Each is told of by itself; a statement of more rows would be told of as a range.
    private const int RowsPerStatement = 10_000;

    private const string ForeignSql = "SELECT pg_notify('jobs_of_others', 'job ' || i) FROM generate_series(1, $1) AS i";

    private const string EventsSql = """
        INSERT INTO events (id, aggregate_id, event_type, stream_version)
        SELECT gen_random_uuid(), 'foreign-' || i, 'OrderPaid', 1 FROM generate_series($1 + 1, $1 + $2) AS i
        """;

    public string Name => "fan-out";

    public IReadOnlyList<string> Method(Scale scale) =>
    [
        $"One process observes {Streams:n0} streams, or 1, with an observer for each. One transaction sends {scale.Log:n0} foreign notifications; an event of an observed stream follows. Time from its COMMIT until that event is observed. The process must hold 1 listener connection.",
        "Foreign, once: on a channel of other programs, with the defaults.",
        $"Foreign, once: events of streams that nobody observes, in statements of {RowsPerStatement:n0} rows. {OneOnGlobal}: MaxStreamChannels = 0, so both are told of every event. {One} with the defaults has a channel of its own and hears none of it: shown beside them, without a limit.",
    ];

    public async Task<SuiteReport> RunAsync(BenchmarkRun run, CancellationToken cancellationToken)
    {
        var burst = run.Scale.Log;
        var foreign = string.Create(CultureInfo.InvariantCulture, $"{burst:n0} notifications on a channel of others");
        var foreignRounds = await run.Turns(Name).TakeAsync(
            foreign,
            [
                new Contender<double>(Many, token => DrainAsync(run, Streams, null, connection => NotifyAsync(connection, burst, token), token)),
                new Contender<double>(One, token => DrainAsync(run, 1, null, connection => NotifyAsync(connection, burst, token), token)),
            ],
            cancellationToken);

        var events = string.Create(CultureInfo.InvariantCulture, $"{burst:n0} events of other streams");
        var eventRounds = await run.Turns(Name).TakeAsync(
            events,
            [
                new Contender<double>(Many, token => DrainAsync(run, Streams, null, connection => InsertAsync(connection, burst, token), token)),
                new Contender<double>(OneOnGlobal, token => DrainAsync(run, 1, 0, connection => InsertAsync(connection, burst, token), token)),
                new Contender<double>(One, token => DrainAsync(run, 1, null, connection => InsertAsync(connection, burst, token), token)),
            ],
            cancellationToken);

        Series[] ofForeign = [new(foreign, Many, "ms", foreignRounds[0]), new(foreign, One, "ms", foreignRounds[1])];
        Series[] ofEvents =
            [new(events, Many, "ms", eventRounds[0]), new(events, OneOnGlobal, "ms", eventRounds[1]), new(events, One, "ms", eventRounds[2])];
        return new SuiteReport(
            Name,
            Method(run.Scale),
            [.. ofForeign, .. ofEvents],
            [
                new Comparison($"{foreign}, ms", ofForeign[0], ofForeign[1], Limit.AtMost(Must)),
                new Comparison($"{events}, ms", ofEvents[0], ofEvents[1], Limit.AtMost(Must)),
            ]);
    }

    /// <returns>Milliseconds.</returns>
    private static async Task<double> DrainAsync(
        BenchmarkRun run, int streams, int? maxStreamChannels, Func<NpgsqlConnection, Task> send, CancellationToken cancellationToken)
    {
        await using var database = await run.Databases.CopyAsync(Schema.Ours, run.Scale.Log, cancellationToken);
        await using var observing = await ObservingStore.StartAsync(
            database.ConnectionString,
            options => options.MaxStreamChannels = maxStreamChannels ?? options.MaxStreamChannels,
            Enumerable.Range(0, streams).Select(number => $"observed-{number}"),
            cancellationToken);
        if (await Sql.ScalarAsync<long>(database.ConnectionString, $"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = '{ListenerName}'", cancellationToken) is var listeners and not 1)
        {
            throw new InvalidOperationException($"The process must hold 1 listener connection; it holds {listeners}.");
        }

        await using var connection = await Sql.OpenAsync(database.ConnectionString, cancellationToken);
        await InsertMarkerAsync(connection, 1, cancellationToken); // and everything on its way is compiled
        await observing.Arrivals.TakeAsync(1, cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await send(connection);
        await run.Server.CheckpointAsync(cancellationToken);

        var start = Stopwatch.GetTimestamp();
        await transaction.CommitAsync(cancellationToken);
        await InsertMarkerAsync(connection, 2, cancellationToken);
        var arrived = await observing.Arrivals.TakeAsync(2, cancellationToken);
        return Stopwatch.GetElapsedTime(start, arrived[1].At).TotalMilliseconds;
    }

    private static async Task NotifyAsync(NpgsqlConnection connection, int count, CancellationToken cancellationToken)
    {
        await using var notify = new NpgsqlCommand(ForeignSql, connection) { Parameters = { new NpgsqlParameter<int> { TypedValue = count } } };
        await notify.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task InsertAsync(NpgsqlConnection connection, int count, CancellationToken cancellationToken)
    {
        for (var first = 0; first < count; first += RowsPerStatement)
        {
            await using var insert = new NpgsqlCommand(EventsSql, connection)
            {
                Parameters =
                {
                    new NpgsqlParameter<int> { TypedValue = first },
                    new NpgsqlParameter<int> { TypedValue = Math.Min(RowsPerStatement, count - first) },
                },
            };
            await insert.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    private static async Task InsertMarkerAsync(NpgsqlConnection connection, long streamVersion, CancellationToken cancellationToken)
    {
        await using var insert = new NpgsqlCommand(
            "INSERT INTO events (id, aggregate_id, event_type, stream_version) VALUES (gen_random_uuid(), 'observed-0', 'Marker', $1)", connection)
        {
            Parameters = { new NpgsqlParameter<long> { TypedValue = streamVersion } },
        };
        await insert.ExecuteNonQueryAsync(cancellationToken);
    }
}
