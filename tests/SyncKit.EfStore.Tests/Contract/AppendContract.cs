using System.Transactions;

namespace SyncKit.EfStore.Tests.Contract;

/// <summary>Places, expected versions, and all or nothing.</summary>
public abstract class AppendContract<TFixture> : StoreContract<TFixture, AppendContract<TFixture>>
    where TFixture : class, IStoreFixture, new()
{
    public static IEnumerable<object[]> Expectations =>
    [
        [0, ExpectedVersion.Any, true], [2, ExpectedVersion.Any, true], [2, default(ExpectedVersion), true],
        [0, ExpectedVersion.NoStream, true], [2, ExpectedVersion.NoStream, false],
        [0, ExpectedVersion.StreamExists, false], [2, ExpectedVersion.StreamExists, true],
        [0, ExpectedVersion.Exactly(0), true], [2, ExpectedVersion.Exactly(0), false],
        [2, ExpectedVersion.Exactly(2), true], [2, ExpectedVersion.Exactly(1), false], [2, ExpectedVersion.Exactly(3), false],
        [0, ExpectedVersion.Exactly(1), false], [2, ExpectedVersion.Exactly(long.MaxValue - 1), false],
    ];

    [TestMethod]
    [DynamicData(nameof(Expectations))]
    public async Task An_append_is_stored_only_where_the_stream_is_as_expected(int length, ExpectedVersion expected, bool stored)
    {
        var stream = Sample.Stream();
        if (length > 0)
        {
            await Store.StoreAsync(Sample.Events(stream, length), Token);
        }

        var given = Sample.Events(stream, 2);
        if (stored)
        {
            var result = await Store.AppendAsync(given, expected, Token);

            Assert.IsFalse(result.AlreadyStored);
            AssertSame([length + 1L, length + 2L], result.Events.Select(e => e.StreamVersion));
            AssertSame(Ids(given), result.Events.Select(e => e.Id));
            Assert.AreEqual(length + 2, result.StreamVersion);
        }
        else
        {
            var conflict = await Assert.ThrowsExactlyAsync<WrongExpectedVersionException>(() => Store.AppendAsync(given, expected, Token));

            Assert.AreEqual((stream, expected, (long)length), (conflict.AggregateId, conflict.Expected, conflict.Actual));
        }

        Assert.HasCount(stored ? length + 2 : length, await StreamAsync(stream));
    }

    [TestMethod]
    public async Task A_conflict_says_what_was_expected_and_what_was_found()
    {
        var stream = Sample.Stream();
        await Store.StoreAsync(Sample.Events(stream, 5), Token);

        var conflict = await Assert.ThrowsExactlyAsync<WrongExpectedVersionException>(
            () => Store.AppendAsync([Sample.Event(stream)], ExpectedVersion.Exactly(3), Token));

        Assert.AreEqual(
            $"Stream '{stream}' is at stream version 5, but the append expected stream version 3. Read the stream and decide again.", conflict.Message);
    }

    [TestMethod]
    public async Task The_result_is_what_a_reader_finds()
    {
        var (a, b) = (Sample.Stream(), Sample.Stream());
        EventData[] given = [Sample.Event(a), Sample.Event(b), Sample.Event(a, 2)];

        var result = await Store.StoreAsync(given, Token);

        var read = await Store.LoadAsync(new EventVersion(result.Events[0].Version.Value - 1), Token).Take(3).ToListAsync(Token);
        AssertSame(result.Events, read.Select(e => new AppendedEvent(e.Id, e.AggregateId, e.Version, e.StreamVersion)));
        Assert.AreEqual(result.Events[^1].Version, result.Version);
    }

    [TestMethod]
    public async Task Versions_grow_from_append_to_append_and_the_latest_is_the_last()
    {
        var last = await Store.GetLatestVersionAsync(Token);
        for (var i = 0; i < 10; i++)
        {
            var result = await Store.StoreAsync(Sample.Events(Sample.Stream(), 3), Token);

            Assert.IsTrue(result.Events[0].Version > last);
            AssertSame(result.Events.OrderBy(e => e.Version), result.Events);
            last = await Store.GetLatestVersionAsync(Token);
            Assert.AreEqual(result.Version, last);
        }
    }

    [TestMethod]
    public async Task Several_streams_are_appended_to_in_the_callers_order()
    {
        var (a, b, c) = (Sample.Stream(), Sample.Stream(), Sample.Stream());
        await Store.StoreAsync(Sample.Events(b, 2), Token);

        var result = await Store.AppendAsync(
            [
                new StreamAppend(ExpectedVersion.Exactly(2), Sample.Events(b, 2)),
                new StreamAppend(ExpectedVersion.NoStream, Sample.Event(a)),
                new StreamAppend(ExpectedVersion.Any, Sample.Events(c, 2)),
            ],
            Token);

        AssertSame([b, b, a, c, c], result.Events.Select(e => e.AggregateId));
        AssertSame([3L, 4, 1, 1, 2], result.Events.Select(e => e.StreamVersion));
        AssertSame(result.Events.OrderBy(e => e.Version), result.Events);
    }

    [TestMethod]
    public async Task One_stream_that_is_elsewhere_stops_all_and_the_first_is_named()
    {
        var (a, b, c) = (Sample.Stream(), Sample.Stream(), Sample.Stream());

        var conflict = await Assert.ThrowsExactlyAsync<WrongExpectedVersionException>(() => Store.AppendAsync(
            [
                new StreamAppend(ExpectedVersion.NoStream, Sample.Event(c)),
                new StreamAppend(ExpectedVersion.StreamExists, Sample.Event(b)),
                new StreamAppend(ExpectedVersion.Exactly(7), Sample.Event(a)),
            ],
            Token));

        Assert.AreEqual(b, conflict.AggregateId);
        foreach (var stream in (string[])[a, b, c])
        {
            Assert.IsEmpty(await StreamAsync(stream));
        }
    }

    [TestMethod]
    public async Task Events_of_several_streams_in_any_mixture_are_stored_in_their_order()
    {
        var (a, b) = (Sample.Stream(), Sample.Stream());

        var result = await Store.StoreAsync([Sample.Event(a, 1), Sample.Event(b, 1), Sample.Event(a, 2), Sample.Event(b, 2), Sample.Event(a, 3)], Token);

        AssertSame([1L, 1, 2, 2, 3], result.Events.Select(e => e.StreamVersion));
        AssertSame(result.Events.OrderBy(e => e.Version), result.Events);
    }

    [TestMethod]
    public async Task Many_events_in_one_append_keep_their_order()
    {
        var stream = Sample.Stream();
        var given = Sample.Events(stream, 2_500);

        var result = await Store.AppendAsync(given, ExpectedVersion.NoStream, Token);

        AssertSame(Enumerable.Range(1, 2_500).Select(i => (long)i), result.Events.Select(e => e.StreamVersion));
        AssertSame(Ids(given), (await StreamAsync(stream)).Select(e => e.Id));
    }

    [TestMethod]
    public async Task A_thousand_streams_fit_into_one_append()
    {
        var prefix = Sample.Stream();
        EventData[] Named(int count) => [.. Enumerable.Range(0, count).Select(i => Sample.Event($"{prefix}-{i}"))];

        if (Traits.MaxStreamsPerAppend is { } most)
        {
            await Assert.ThrowsExactlyAsync<InvalidInputException>(() => Store.StoreAsync(Named(most + 1), Token));
            await Assert.ThrowsExactlyAsync<InvalidInputException>(
                () => Store.AppendAsync([.. Named(most + 1).Select(given => new StreamAppend(ExpectedVersion.Any, given))], Token));
        }

        var given = Named(Traits.MaxStreamsPerAppend ?? 1_001);

        Assert.HasCount(given.Length, (await Store.StoreAsync(given, Token)).Events);
    }

    [TestMethod]
    public async Task A_refused_append_leaves_no_gap_in_its_stream()
    {
        var stream = Sample.Stream();
        await Store.StoreAsync(Sample.Events(stream, 2), Token);
        await Assert.ThrowsExactlyAsync<WrongExpectedVersionException>(
            () => Store.AppendAsync(Sample.Events(stream, 5), ExpectedVersion.NoStream, Token));

        var result = await Store.StoreAsync(Sample.Event(stream), Token);

        Assert.AreEqual(3, result.StreamVersion);
        AssertSame([1L, 2, 3], (await StreamAsync(stream)).Select(e => e.StreamVersion));
    }

    [TestMethod]
    public async Task Streams_are_told_apart_to_the_letter()
    {
        var stream = Sample.Stream();
        string[] streams = [stream + "a", stream + "A", stream + "aa", stream + "a ", " " + stream + "a", stream + "ä", stream + "a\u0308", stream + "%", stream + "_"];
        foreach (var one in streams)
        {
            var result = await Store.AppendAsync([Sample.Event(one)], ExpectedVersion.NoStream, Token);
            Assert.AreEqual(1, result.StreamVersion);
        }

        foreach (var one in streams)
        {
            Assert.AreEqual(one, (await StreamAsync(one)).Single().AggregateId);
        }
    }

    [TestMethod]
    public async Task Another_store_on_the_log_goes_on_where_the_first_stopped()
    {
        var stream = Sample.Stream();
        await Store.StoreAsync(Sample.Events(stream, 3), Token);
        await using var other = Fixture.Open();

        var result = await other.AppendAsync([Sample.Event(stream)], ExpectedVersion.Exactly(3), Token);

        Assert.AreEqual(4, result.StreamVersion);
        Assert.AreEqual(result.Version, await Store.GetLatestVersionAsync(Token));
        await Assert.ThrowsExactlyAsync<WrongExpectedVersionException>(() => Store.AppendAsync([Sample.Event(stream)], ExpectedVersion.Exactly(3), Token));
    }

    [TestMethod]
    public async Task The_callers_list_may_change_once_the_call_is_made()
    {
        var stream = Sample.Stream();
        List<EventData> given = [.. Sample.Events(stream, 50)];
        var ids = Ids(given).ToArray();

        var append = Store.AppendAsync(given, ExpectedVersion.NoStream, Token);
        given.Clear();

        AssertSame(ids, (await append).Events.Select(e => e.Id));
    }

    [TestMethod]
    public async Task An_append_joins_a_transaction_scope_or_commits_for_itself_as_the_store_says()
    {
        var stream = Sample.Stream();
        using (new TransactionScope(TransactionScopeAsyncFlowOption.Enabled))
        {
            await Store.StoreAsync(Sample.Event(stream), Token);
        }

        Assert.HasCount(Traits.JoinsTransactionScope ? 0 : 1, await StreamAsync(stream));
    }
}
