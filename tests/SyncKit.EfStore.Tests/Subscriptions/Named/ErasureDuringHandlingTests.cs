using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace SyncKit.EfStore.Tests.Subscriptions.Named;

/// <summary>A handler that holds an event while it is erased brings nothing of it back by what it throws.</summary>
[TestClass]
public sealed class ErasureDuringHandlingTests : SubscriptionDatabase
{
    private const string Secret = "Ada-Lovelace";

    [TestMethod]
    [DataRow(FailurePolicy.Park, false, true)]
    [DataRow(FailurePolicy.Park, false, false)]
    [DataRow(FailurePolicy.Park, true, true)]
    [DataRow(FailurePolicy.Park, true, false)]
    [DataRow(FailurePolicy.Stop, false, true)]
    [DataRow(FailurePolicy.Stop, true, false)]
    public async Task What_it_throws_is_not_written_down(FailurePolicy policy, bool inContext, bool committed)
    {
        await using var owner = await ConnectAsync();
        await FillSecretAsync(owner);
        var erased = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Inbox.Before = async (stored, _) =>
        {
            if (!stored.IsErased)
            {
                await owner.RunAsync("BEGIN");
                await owner.RunAsync("SELECT erase_events('s0', NULL, 'request')");
                await owner.RunAsync(committed ? "COMMIT" : "SELECT 1");
                erased.SetResult();
                throw new FormatException($"Cannot take {stored.Data}");
            }
        };

        await using var host = await StartAsync(policy, inContext);
        await erased.Task.WaitAsync(TimeSpan.FromSeconds(60));
        if (!committed)
        {
            await using var observer = await ConnectAsync();
            await observer.SomeoneWaitsAsync();
            await owner.RunAsync("COMMIT");
        }

        if (policy == FailurePolicy.Park)
        {
            await host.UntilParkedAsync(parked => parked.Count == 1);
            Assert.AreEqual("The error text went with the erasure of this event.", await ErrorsAsync(owner));
        }
        else
        {
            var state = await host.WaitForAsync(SubscriptionStatus.Faulted);
            Assert.AreEqual(
                "Stopped at the event of version 1, type 'T', after 1 attempt: The error text went with the erasure of this event. Resume.", state.Error);
            Assert.AreEqual(state.Error, await ErrorsAsync(owner));
        }
    }

    [TestMethod]
    [DataRow("SELECT erase_events('s0', NULL, 'request')")]
    [DataRow("DELETE FROM events; SELECT erase_events(NULL, ARRAY[1], 'request')")]
    [DataRow("UPDATE events SET version = 0; SELECT erase_events(NULL, ARRAY[0], 'request')")]
    public async Task Nor_what_a_replay_throws(string erase)
    {
        await using var owner = await ConnectAsync();
        await FillSecretAsync(owner);
        var replaying = false;
        Inbox.Before = async (stored, _) =>
        {
            if (replaying)
            {
                await owner.RunAsync(erase);
            }

            throw new FormatException($"Cannot take {(replaying ? stored.Data : "it")}");
        };
        await using var host = await StartAsync(FailurePolicy.Park, inContext: false);
        await host.UntilParkedAsync(parked => parked.Count == 1);
        Assert.AreEqual("FormatException: Cannot take it", await ErrorsAsync(owner));

        replaying = true;
        await host.Subscriptions.ReplayParkedAsync(SubscribingHost.Name);
        await host.UntilParkedAsync(parked => parked is [{ Attempts: 2 }]);

        Assert.AreEqual("The error text went with the erasure of this event.", await ErrorsAsync(owner));
    }

    [TestMethod]
    public async Task What_a_handler_throws_at_the_tombstone_itself_is_kept()
    {
        await using var owner = await ConnectAsync();
        await FillSecretAsync(owner);
        await owner.RunAsync("SELECT erase_events('s0', NULL, 'request')");
        Inbox.Before = (_, _) => throw new FormatException("No name.");

        await using var host = await StartAsync(FailurePolicy.Park, inContext: false);
        await host.UntilParkedAsync(parked => parked.Count == 1);

        Assert.AreEqual("FormatException: No name.", await ErrorsAsync(owner));
    }

    [TestMethod]
    public async Task An_error_that_names_no_version_there_can_be_is_no_hindrance()
    {
        await using var owner = await ConnectAsync();
        await FillSecretAsync(owner);
        await owner.RunAsync("INSERT INTO event_subscriptions (name, checkpoint, error) VALUES ('s', 0, 'the event of version 99999999999999999999999')");

        await owner.RunAsync("SELECT erase_events('s0', NULL, 'request')");

        Assert.AreEqual("the event of version 99999999999999999999999", await ErrorsAsync(owner));
    }

    private static Task<int> FillSecretAsync(NpgsqlConnection owner) => owner.RunAsync($$"""
        CREATE TABLE tallies ("Stream" text PRIMARY KEY, "Count" int, "Versions" bigint);
        INSERT INTO events (version, id, aggregate_id, event_type, data, stream_version) VALUES (1, 'e1', 's0', 'T', '{"name": "{{Secret}}"}', 1)
        """);

    private static Task<string> ErrorsAsync(NpgsqlConnection owner) => owner.ScalarAsync<string>(
        "SELECT string_agg(error, '|') FROM (SELECT error FROM event_subscriptions_parked UNION ALL SELECT error FROM event_subscriptions) AS errors");

    private Task<SubscribingHost> StartAsync(FailurePolicy policy, bool inContext) =>
        SubscribingHost.StartAsync(ConnectionString, (services, builder) =>
        {
            void Configure(SubscriptionOptions options)
            {
                options.LeaseDuration = TimeSpan.FromSeconds(30);
                options.Retries = 0;
                options.OnFailure = policy;
            }

            services.AddSingleton(Inbox);
            services.AddDbContext<TallyDbContext>(options => options.UseNpgsql(ConnectionString));
            _ = inContext
                ? builder.AddSubscription<TallyHandler, TallyDbContext>(SubscribingHost.Name, Configure)
                : builder.AddSubscription<InboxHandler>(SubscribingHost.Name, Configure);
        });
}
