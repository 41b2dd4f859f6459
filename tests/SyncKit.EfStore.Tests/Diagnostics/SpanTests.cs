using System.Collections.Concurrent;
using System.Diagnostics;
using SyncKit.EfStore.Tests.Appending.DbContexts;
using SyncKit.EfStore.Tests.Subscriptions.Named;

namespace SyncKit.EfStore.Tests.Diagnostics;

/// <summary>What spans say, and what they must not. Alone, since whoever listens hears the whole process.</summary>
[TestClass]
[DoNotParallelize]
public sealed class SpanTests : SubscriptionDatabase, IDisposable
{
    private const string Secret = "4111 1111";

    private readonly ConcurrentQueue<Activity> _ended = new();
    private readonly ActivityListener _listener;

    public SpanTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == EventStoreDiagnostics.ActivitySourceName,
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _ended.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose() => _listener.Dispose();

    [TestMethod]
    public async Task An_append_says_where_and_how_many_and_nothing_of_what()
    {
        await using var store = new TestStore(ConnectionString);

        await store.Events.StoreAsync([Card("order-1"), Card("order-1")]);

        var span = _ended.Single();
        Assert.AreEqual(("append events", ActivityKind.Producer, ActivityStatusCode.Unset), (span.DisplayName, span.Kind, span.Status));
        Assert.AreEqual("postgresql", span.GetTagItem("db.system.name"));
        Assert.AreEqual("append", span.GetTagItem("messaging.operation.name"));
        Assert.AreEqual(2, span.GetTagItem("messaging.batch.message_count"));
        Assert.AreEqual("order-1", span.GetTagItem("synckit.stream"));
        Assert.IsNotNull(span.GetTagItem("db.namespace"));
        AssertTellNothing();
    }

    [TestMethod]
    public async Task What_fails_is_an_error_with_its_type()
    {
        await using var store = new TestStore(ConnectionString);
        await Assert.ThrowsExactlyAsync<WrongExpectedVersionException>(() => store.Events.AppendAsync([Card("order-1")], ExpectedVersion.StreamExists));
        Inbox.Before = (stored, _) => throw new FormatException($"cannot read {stored.Data}");
        await store.Events.StoreAsync(Card("order-1"));
        await using var host = await StartAsync(options => options.Retries = 0);
        await host.WaitForAsync(SubscriptionStatus.Faulted);

        var errors = _ended.Where(span => span.Status == ActivityStatusCode.Error)
            .Select(span => $"{span.DisplayName} {span.GetTagItem("error.type")}").ToArray();
        CollectionAssert.AreEqual(
            (string[])[$"append events {typeof(WrongExpectedVersionException).FullName}", $"handle projection {typeof(FormatException).FullName}"], errors);
        AssertTellNothing();
    }

    [TestMethod]
    public async Task A_shared_transaction_is_linked_to_each_append_and_belongs_to_none()
    {
        await using var store = new TestStore(ConnectionString);

        await Task.WhenAll(Enumerable.Range(0, 64).Select(number => store.Events.StoreAsync(Card($"order-{number}"))));

        var appends = _ended.Where(span => span.DisplayName == "append events").Select(span => span.Context.SpanId).ToHashSet();
        var groups = _ended.Where(span => span.DisplayName == "append group").ToList();
        Assert.HasCount(64, appends);
        Assert.IsNotEmpty(groups);
        var linked = groups.SelectMany(group => group.Links).Select(link => link.Context.SpanId).ToList();
        CollectionAssert.AllItemsAreUnique(linked);
        Assert.IsTrue(appends.IsSupersetOf(linked));
        foreach (var group in groups)
        {
            Assert.AreEqual(default, group.ParentSpanId);
            Assert.AreEqual(group.Links.Count(), group.GetTagItem("messaging.batch.message_count"));
        }
    }

    [TestMethod]
    public async Task A_save_is_one_span_and_leaves_the_callers_activity_current()
    {
        await using var shop = await Shop.OpenAsync();
        await using var db = shop.CreateContext();
        using var caller = new Activity("caller").SetIdFormat(ActivityIdFormat.W3C).Start();
        db.AppendEvents([Card("order-1")], ExpectedVersion.NoStream);
        await db.SaveChangesAsync();
        db.AppendEvents([Card("order-1")], ExpectedVersion.NoStream);
        await Assert.ThrowsExactlyAsync<WrongExpectedVersionException>(() => db.SaveChangesAsync());

        Assert.AreSame(caller, Activity.Current);
        var spans = _ended.ToArray();
        Assert.HasCount(2, spans);
        Assert.IsTrue(spans.All(span => span.ParentSpanId == caller.SpanId && span.DisplayName == "append events"));
        CollectionAssert.AreEqual((ActivityStatusCode[])[ActivityStatusCode.Unset, ActivityStatusCode.Error], spans.Select(span => span.Status).ToArray());
        var stored = (await shop.Store.StreamAsync("order-1")).Single();
        Assert.Contains(spans[0].Id!, stored.Metadata!.ToString());
    }

    [TestMethod]
    public async Task Handlers_of_a_batch_are_part_of_it_and_of_nothing_that_ran_when_the_host_started()
    {
        using (new Activity("starting").SetIdFormat(ActivityIdFormat.W3C).Start())
        {
            await using var writer = new TestStore(ConnectionString);
            await writer.Events.StoreAsync([Card("a"), Card("b")]);
            await using var host = await StartAsync();
            await host.WaitUntilProcessedAsync(new EventVersion(2));
        }

        var append = _ended.Single(span => span.DisplayName == "append events");
        var batch = _ended.Single(span => span.DisplayName == "batch projection");
        var handled = _ended.Where(span => span.DisplayName == "handle projection").ToList();
        Assert.AreEqual(default, batch.ParentSpanId);
        Assert.AreEqual(2, batch.GetTagItem("messaging.batch.message_count"));
        Assert.HasCount(2, handled);
        foreach (var span in handled)
        {
            Assert.AreEqual(batch.SpanId, span.ParentSpanId);
            Assert.AreEqual(append.Context.SpanId, span.Links.Single().Context.SpanId);
            Assert.AreEqual("projection", span.GetTagItem("messaging.consumer.group.name"));
        }

        AssertTellNothing();
    }

    [TestMethod]
    public async Task A_read_is_one_span_until_its_caller_ends_it()
    {
        await using var store = new TestStore(ConnectionString, options => options.BatchSize = 1);
        await store.Events.StoreAsync([Card("order-1"), Card("order-1"), Card("order-1")]);

        await foreach (var stored in store.Events.LoadByAggregateAsync("order-1"))
        {
            Assert.IsNull(Activity.Current, "The caller's own activity is not touched.");
            Assert.IsFalse(_ended.Any(span => span.DisplayName == "load events"));
            if (stored.StreamVersion == 2)
            {
                break;
            }
        }

        var span = _ended.Single(span => span.DisplayName == "load events");
        Assert.AreEqual((ActivityKind.Client, "order-1"), (span.Kind, span.GetTagItem("synckit.stream")));
    }

    [TestMethod]
    public async Task A_listener_that_samples_nothing_gets_nothing_and_nothing_is_stored()
    {
        _listener.Sample = (ref _) => ActivitySamplingResult.None;
        await using var store = new TestStore(ConnectionString);

        await store.Events.StoreAsync(Sample.Event("order-1"));

        Assert.IsEmpty(_ended);
        Assert.IsNull((await store.StreamAsync("order-1")).Single().Metadata);
    }

    private static EventData Card(string stream) => EventData.FromJson(stream, "CardCharged", $$"""{"card": "{{Secret}}"}""", $$"""{"note": "{{Secret}}"}""");

    private void AssertTellNothing()
    {
        foreach (var span in _ended)
        {
            var said = string.Join('\n', span.TagObjects.Select(tag => $"{tag.Key}={tag.Value}").Append(span.StatusDescription));
            Assert.DoesNotContain(Secret, said);
            Assert.DoesNotContain("Password", said);
            Assert.IsEmpty(span.Events);
        }
    }
}
