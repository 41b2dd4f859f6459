using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Npgsql.EntityFrameworkCore.PostgreSQL.Infrastructure;

namespace SyncKit.EfStore.Tests.Subscriptions.Named;

/// <summary>Exactly once in effect: what the handler wrote through the context and the checkpoint are there together or not at all.</summary>
[TestClass]
public sealed class ContextSubscriptionTests : SubscriptionDatabase
{
    [TestInitialize]
    public async Task CreateTablesAsync()
    {
        await using var db = new TallyDbContext(new DbContextOptionsBuilder<TallyDbContext>().UseNpgsql(ConnectionString).Options);
        await db.GetService<IRelationalDatabaseCreator>().CreateTablesAsync();
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task The_table_is_a_fold_over_the_log_though_sessions_are_killed_and_statements_fail(bool retryOnFailure)
    {
        const int Events = 600;
        await using var connection = await ConnectAsync();
        var random = new Random(17);
        Inbox.Before = async (stored, cancellationToken) =>
        {
            switch (random.Next(60))
            {
                case 0:
                    throw new FormatException("by chance");
                case 1:
                    await connection.RunAsync(
                        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
                    break;
                case 2:
                    throw new PostgresException("chance", "ERROR", "ERROR", PostgresErrorCodes.SerializationFailure);
            }
        };
        await using var host = await StartAsync(
            options =>
            {
                options.BatchSize = 20;
                options.Retries = 10;
            },
            npgsql => _ = retryOnFailure ? npgsql.EnableRetryOnFailure(5, TimeSpan.FromMilliseconds(50), null) : npgsql);
        await using (var writer = await ConnectAsync())
        {
            await writer.RunAsync(
                "INSERT INTO events (id, aggregate_id, event_type) SELECT 'x' || n, 's' || n % 7, 'T' FROM generate_series(1, $1) AS n", Events);
        }

        var last = await LastAsync(host);
        await host.WaitUntilProcessedAsync(last);
        await AssertIsFoldAsync();
    }

    [TestMethod]
    public async Task The_commit_of_a_deposed_instance_fails_and_leaves_nothing()
    {
        await FillAsync(3);
        var inside = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Inbox.Before = async (stored, _) =>
        {
            if (stored.Version.Value == 3)
            {
                inside.TrySetResult();
                await goOn.Task; // Deaf to its token, as a frozen process is.
            }
        };
        await using var host = await StartAsync(options => options.LeaseDuration = TimeSpan.FromSeconds(30));
        await inside.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await using var connection = await ConnectAsync();
        await connection.RunAsync(
            "UPDATE event_subscriptions SET lease_owner = 'another', lease_until = clock_timestamp() + '1 hour', fencing_token = fencing_token + 1");
        goOn.SetResult();

        await host.WaitForAsync(SubscriptionStatus.Standby);
        Assert.AreEqual(0, await connection.ScalarAsync<long>("SELECT count(*) FROM tallies"));
        Assert.AreEqual(0, (await host.InfoAsync()).Checkpoint.Value);

        await connection.RunAsync("UPDATE event_subscriptions SET lease_until = clock_timestamp()");
        await host.WaitUntilProcessedAsync(new EventVersion(3));
        await AssertIsFoldAsync();
    }

    [TestMethod]
    public async Task A_session_frozen_in_its_transaction_is_ended_so_that_another_can_take_over_in_time()
    {
        await FillAsync(3);
        var inside = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Inbox.Before = async (stored, _) =>
        {
            if (stored.Version.Value == 3)
            {
                inside.TrySetResult();
                await goOn.Task;
            }
        };
        await using var frozen = await StartAsync();
        await inside.Task.WaitAsync(TimeSpan.FromSeconds(30));
        var healthy = new Inbox();
        await using var other = await StartAsync(inbox: healthy);
        await other.WaitForAsync(SubscriptionStatus.Standby);

        // The row goes to the other; the first still has rows of the handler's table locked.
        await using var connection = await ConnectAsync();
        await connection.RunAsync("UPDATE event_subscriptions SET lease_owner = 'nobody', lease_until = clock_timestamp(), fencing_token = fencing_token + 1");
        await other.WaitUntilProcessedAsync(new EventVersion(3));
        goOn.SetResult();

        await other.WaitUntilProcessedAsync((await other.Store.StoreAsync(Sample.Event("s0", 4))).Version);
        await AssertIsFoldAsync();
    }

    [TestMethod]
    public async Task A_poison_event_in_a_batch_is_found_and_stops_before_it_with_the_rest_saved()
    {
        await FillAsync(10);
        var broken = true;
        Inbox.Fail(() => broken, 7);
        await using var host = await StartAsync(options => options.Retries = 2);

        var state = await host.WaitForAsync(SubscriptionStatus.Faulted);
        Assert.Contains("version 7, type 'T1', after 3 attempts: FormatException: Bad event 7.", state.Error!);
        Assert.AreEqual(6, (await host.InfoAsync()).Checkpoint.Value);
        Assert.AreEqual(3, Inbox.Attempts[7]);
        await AssertIsFoldAsync(6);

        broken = false;
        await host.Subscriptions.ResumeAsync(SubscribingHost.Name);
        await host.WaitUntilProcessedAsync(new EventVersion(10));
        await AssertIsFoldAsync();
    }

    [TestMethod]
    public async Task An_event_whose_row_the_database_refuses_is_found_and_parked_with_its_stream()
    {
        await FillAsync(12, streams: 3);
        await using var connection = await ConnectAsync();
        await connection.RunAsync("""ALTER TABLE tallies ADD CONSTRAINT no_s1 CHECK (NOT ("Stream" = 's1' AND "Count" >= 3))""");
        await using var host = await StartAsync(options =>
        {
            options.Retries = 1;
            options.OnFailure = FailurePolicy.Park;
        });

        await host.WaitUntilProcessedAsync(new EventVersion(12));
        var parked = await host.Subscriptions.ParkedAsync(SubscribingHost.Name);
        CollectionAssert.AreEqual(new long[] { 8, 11 }, parked.Select(e => e.Version.Value).ToArray());
        Assert.Contains("no_s1", parked[0].Error);
        Assert.AreEqual(2, await connection.ScalarAsync<int>("""SELECT "Count" FROM tallies WHERE "Stream" = 's1'"""));
        Assert.AreEqual(4, await connection.ScalarAsync<int>("""SELECT "Count" FROM tallies WHERE "Stream" = 's0'"""));

        await connection.RunAsync("ALTER TABLE tallies DROP CONSTRAINT no_s1");
        await host.Subscriptions.ReplayParkedAsync(SubscribingHost.Name);
        await host.UntilParkedAsync(events => events.Count == 0);
        await host.WaitUntilProcessedAsync((await host.Store.StoreAsync(Sample.Event("s1", 5))).Version);
        await AssertIsFoldAsync();
    }

    [TestMethod]
    public async Task A_context_on_another_database_is_refused_when_the_host_starts()
    {
        await using var other = await (await TestServer.GetAsync()).CreateDatabaseAsync();

        var error = await Assert.ThrowsExactlyAsync<SubscriptionException>(() => StartAsync(contextConnection: other.ConnectionString));

        Assert.StartsWith("Subscription 'projection' saves its checkpoint in the transaction of TallyDbContext, but that context leads to", error.Message);
    }

    private Task<SubscribingHost> StartAsync(
        Action<SubscriptionOptions>? configure = null,
        Action<NpgsqlDbContextOptionsBuilder>? npgsql = null,
        Inbox? inbox = null,
        string? contextConnection = null) =>
        SubscribingHost.StartAsync(ConnectionString, (services, builder) =>
        {
            services.AddSingleton(inbox ?? Inbox);
            services.AddDbContext<TallyDbContext>(options => options.UseNpgsql(contextConnection ?? ConnectionString, npgsql));
            builder.AddSubscription<TallyHandler, TallyDbContext>(SubscribingHost.Name, SubscribingHost.Quick(configure));
        });

    private static async Task<EventVersion> LastAsync(SubscribingHost host)
    {
        while (true)
        {
            try
            {
                return await host.Store.GetLatestVersionAsync();
            }
            catch (EventStoreUnavailableException)
            {
                // Killed with the others.
            }
        }
    }

    /// <summary>Each stream's row counts its events and adds up their versions, neither more nor less.</summary>
    private async Task AssertIsFoldAsync(long upTo = long.MaxValue)
    {
        await using var connection = await ConnectAsync();
        var expected = await connection.ColumnAsync<string>(
            "SELECT concat_ws(' ', aggregate_id, count(*), sum(version)) FROM events WHERE version <= $1 GROUP BY aggregate_id ORDER BY 1", upTo);
        var actual = await connection.ColumnAsync<string>("""SELECT concat_ws(' ', "Stream", "Count", "Versions") FROM tallies ORDER BY 1""");
        CollectionAssert.AreEqual(expected, actual);
    }
}

internal sealed class TallyDbContext(DbContextOptions<TallyDbContext> options) : DbContext(options)
{
    internal DbSet<Tally> Tallies => Set<Tally>();

    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.Entity<Tally>(tally =>
    {
        tally.ToTable("tallies");
        tally.HasKey(t => t.Stream);
    });
}

internal sealed class Tally
{
    public required string Stream { get; init; }

    public int Count { get; set; }

    public long Versions { get; set; }
}

/// <summary>Counts and adds up: an event handled twice or not at all shows.</summary>
internal sealed class TallyHandler(Inbox inbox) : IEventHandler<TallyDbContext>
{
    public async Task HandleAsync(StoredEvent stored, TallyDbContext db, CancellationToken cancellationToken)
    {
        var tally = await db.Tallies.FindAsync([stored.AggregateId], cancellationToken);
        if (tally is null)
        {
            tally = new Tally { Stream = stored.AggregateId };
            db.Add(tally);
        }

        tally.Count++;
        tally.Versions += stored.Version.Value;
        if (stored.Version.Value % 2 == 0)
        {
            await db.SaveChangesAsync(cancellationToken);
        }

        await inbox.TakeAsync(stored, cancellationToken);
    }
}
