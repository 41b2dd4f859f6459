using SyncKit.EfStore.Sqlite;
using SyncKit.EfStore.Sqlite.Verifying;

namespace SyncKit.EfStore.Tests.Sqlite.Verifying;

/// <summary>What the comparison of two logs names, and that its window decides only about its speed.</summary>
[TestClass]
public sealed class LogComparisonTests
{
    private const int Seed = 20_261_124;

    [TestMethod]
    public async Task The_same_logs_are_equal_whatever_their_versions_are()
    {
        var events = ListedLog.Events(5_000);
        var gaps = new ListedLog([.. events.Select((one, i) => one with { Version = (i * 3) + 7 })]);

        var result = await VerifyAsync(ListedLog.Of(events), gaps);

        Assert.IsTrue(result.IsEqual);
        Assert.AreEqual((5_000L, 5_000L), (result.FromEvents, result.ToEvents));
        Assert.AreEqual(0, gaps.LookedUp);
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(123_456)]
    [DataRow(199_999)]
    public async Task One_event_missing_among_200000_is_named_alone(int place)
    {
        var events = ListedLog.Events(200_000);
        var to = ListedLog.Of(events.Where((_, i) => i != place));

        var result = await VerifyAsync(ListedLog.Of(events), to);

        Assert.AreEqual((1L, 0L, 0L, 0L), (result.Missing, result.Extra, result.Changed, result.Reordered));
        var named = result.First.Single();
        Assert.AreEqual((DifferenceKind.Missing, events[place].Id, events[place].AggregateId, (long?)place + 1, (long?)null),
            (named.Kind, named.Id, named.AggregateId, named.FromVersion, named.ToVersion));
        Assert.AreEqual(new StreamDifference(events[place].AggregateId, -1), result.Streams.Single());
        Assert.AreEqual(1, to.LookedUp);
    }

    [TestMethod]
    public async Task A_beginning_that_is_missing_beyond_the_window_does_not_hide_that_the_rest_is_equal()
    {
        var events = ListedLog.Events(20_000);
        var to = ListedLog.Of(events.Skip(9_000));

        var result = await VerifyAsync(ListedLog.Of(events), to, window: 50);

        Assert.AreEqual((9_000L, 0L, 0L, 0L), (result.Missing, result.Extra, result.Changed, result.Reordered));
        CollectionAssert.AreEqual(events.Take(20).Select(one => one.Id).ToArray(), result.First.Select(one => one.Id).ToArray());
        CollectionAssert.AreEquivalent(
            events.Take(9_000).CountBy(one => one.AggregateId).Select(stream => new StreamDifference(stream.Key, -stream.Value)).ToArray(),
            result.Streams.ToArray());
    }

    [TestMethod]
    public async Task Each_kind_of_difference_is_named_with_what_it_is()
    {
        var events = ListedLog.Events(100).Select(one => one with { Data = EventJson.Parse("""{"a": 1}"""), Metadata = EventJson.Parse("null") }).ToList();
        var other = events.ToList();
        other[10] = other[10] with { Data = EventJson.Parse("""{"a": 2}""") };
        other[20] = other[20] with { Metadata = null };
        other[30] = other[30] with { CreatedAt = other[30].CreatedAt!.Value.AddMicroseconds(1) };
        other[40] = other[40] with { EventType = "U" };
        other[50] = other[50] with { AggregateId = "elsewhere" };
        (other[60], other[61]) = (other[61], other[60]);
        other[70] = other[70] with { Data = EventJson.Parse("""{"$erased": true}"""), Metadata = EventJson.Parse("""{"$erased": true}""") };
        other.Insert(80, ListedLog.Event(1_000));
        other.RemoveAt(91);

        var result = await VerifyAsync(ListedLog.Of(events), ListedLog.Of(other));

        Assert.AreEqual(
            """
            changed data: event '10' of stream 's3', version 11
            changed metadata: event '20' of stream 's6', version 21
            changed created_at: event '30' of stream 's2', version 31: created_at 1970-01-01T00:00:30.000000Z, in the second log 1970-01-01T00:00:30.000001Z
            changed event_type: event '40' of stream 's5', version 41
            changed aggregate_id: event '50' of stream 's1', version 51
            another place in the order: event '60' of stream 's4', version 61, in the second log 62
            erased in the second log only: event '70' of stream 's0', version 71
            only in the second log: event '1000' of stream 's6', version 81 there
            missing in the second log: event '90' of stream 's6', version 91
            """,
            string.Join('\n', result.First));
        Assert.AreEqual((1L, 1L, 5L, 1L, 1L), (result.Missing, result.Extra, result.Changed, result.Reordered, result.Erased));

        // One more of s6 and one fewer: it is as long as before.
        CollectionAssert.AreEquivalent(new[] { new StreamDifference("s1", -1), new StreamDifference("elsewhere", 1) }, result.Streams.ToArray());
    }

    [TestMethod]
    public async Task What_is_erased_on_one_side_passes_where_asked_but_not_what_was_changed_besides()
    {
        var tombstone = EventJson.Parse("""{"$erased": true}""");
        var events = ListedLog.Events(10);
        var other = events.ToList();
        other[3] = other[3] with { Data = tombstone, Metadata = tombstone };
        other[4] = other[4] with { Data = tombstone, Metadata = tombstone, EventType = "U" };

        var result = await VerifyAsync(ListedLog.Of(events), ListedLog.Of(other), options: new VerifyOptions { IgnoreErased = true });

        Assert.AreEqual("changed event_type: event '4' of stream 's4', version 5 (erased)", result.First.Single().ToString());
        Assert.AreEqual(1, result.Differences);
    }

    [TestMethod]
    public async Task Many_differences_are_counted_and_the_first_ones_named()
    {
        var events = ListedLog.Events(3_000);
        var other = events.Select((one, i) => i % 2 == 0 ? one with { EventType = "U" } : one).Where((_, i) => i % 5 != 4);

        var result = await VerifyAsync(ListedLog.Of(events), ListedLog.Of(other), window: 40, new VerifyOptions { First = 3 });

        Assert.AreEqual((600L, 1_200L, 3), (result.Missing, result.Changed, result.First.Count));
        CollectionAssert.AreEqual(new long?[] { 1, 3, 5 }, result.First.Select(one => one.FromVersion).ToArray());
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(7)]
    [DataRow(300)]
    public async Task Whatever_the_window_every_difference_is_found_and_none_invented(int window)
    {
        var random = new Random(Seed + window);
        for (var round = 0; round < 150; round++)
        {
            var events = ListedLog.Events(random.Next(1, 200));
            var other = events.ToList();
            for (var edits = random.Next(12); edits > 0; edits--)
            {
                Edit(random, other, events.Count + edits);
            }

            var result = await VerifyAsync(ListedLog.Of(events), ListedLog.Of(other), window, new VerifyOptions { First = 10_000 });

            string[] Named(DifferenceKind kind) => [.. result.First.Where(one => one.Kind == kind).Select(one => one.Id).Order(StringComparer.Ordinal)];
            string[] Ids(IEnumerable<SourceEvent> some) => [.. some.Select(one => one.Id).Order(StringComparer.Ordinal)];
            var here = events.ToDictionary(one => one.Id);
            var there = other.ToDictionary(one => one.Id);
            CollectionAssert.AreEqual(Ids(events.Where(one => !there.ContainsKey(one.Id))), Named(DifferenceKind.Missing), $"round {round}");
            CollectionAssert.AreEqual(Ids(other.Where(one => !here.ContainsKey(one.Id))), Named(DifferenceKind.Extra), $"round {round}");
            CollectionAssert.AreEqual(
                Ids(events.Where(one => there.TryGetValue(one.Id, out var same) && same.EventType != one.EventType)), Named(DifferenceKind.Changed));

            // Without those that are named, the others stand in one order.
            var moved = Named(DifferenceKind.Reordered).ToHashSet();
            CollectionAssert.AllItemsAreUnique(Named(DifferenceKind.Reordered));
            var order = events.Where(one => there.ContainsKey(one.Id)).Select(one => one.Id).ToArray();
            var otherOrder = other.Where(one => here.ContainsKey(one.Id)).Select(one => one.Id).ToArray();
            CollectionAssert.AreEqual(order.Where(id => !moved.Contains(id)).ToArray(), otherOrder.Where(id => !moved.Contains(id)).ToArray());
            Assert.AreEqual(order.SequenceEqual(otherOrder), moved.Count == 0);
        }
    }

    [TestMethod]
    public async Task A_log_that_cannot_be_read_ends_the_comparison_with_what_it_says()
    {
        var broken = new ListedLog([ListedLog.Event(1) with { Version = 1 }]);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Assert.ThrowsAsync<OperationCanceledException>(() => EventVerifier.VerifyAsync(broken, broken, cancellationToken: cancelled.Token));
        await Assert.ThrowsExactlyAsync<InvalidInputException>(() => EventVerifier.VerifyAsync(broken, broken, new VerifyOptions { First = -1 }));
    }

    private static void Edit(Random random, List<SourceEvent> log, int fresh)
    {
        if (log.Count == 0)
        {
            return;
        }

        var (at, to) = (random.Next(log.Count), random.Next(log.Count));
        var one = log[at];
        switch (random.Next(5))
        {
            case 0:
                log.RemoveAt(at);
                break;
            case 1:
                log.Insert(at, ListedLog.Event(10_000 + fresh));
                break;
            case 2:
                log[at] = one with { EventType = "U" };
                break;
            case 3:
                log.RemoveAt(at);
                log.Insert(Math.Min(to, log.Count), one);
                break;
            default:
                var stretch = log.GetRange(at, Math.Min(40, log.Count - at));
                log.RemoveRange(at, stretch.Count);
                log.InsertRange(Math.Min(to, log.Count), stretch);
                break;
        }
    }

    private static Task<VerifyResult> VerifyAsync(
        ListedLog from, ListedLog to, int window = LogComparison.DefaultWindow, VerifyOptions? options = null) =>
        EventVerifier.VerifyAsync(from, to, options ?? new VerifyOptions(), progress: null, window, CancellationToken.None);
}
