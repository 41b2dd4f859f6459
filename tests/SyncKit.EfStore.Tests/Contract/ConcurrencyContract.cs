namespace SyncKit.EfStore.Tests.Contract;

/// <summary>Many writers, readers beside them, appends that are cancelled, stores that are disposed.</summary>
public abstract class ConcurrencyContract<TFixture> : StoreContract<TFixture, ConcurrencyContract<TFixture>>
    where TFixture : class, IStoreFixture, new()
{
    [TestMethod]
    public async Task Any_never_fails_because_of_a_race_and_leaves_no_gap()
    {
        const int writers = 8;
        const int each = 25;
        var stream = Sample.Stream();
        await using var other = Fixture.Open();

        var results = await Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(async () =>
        {
            var own = new List<AppendResult>();
            for (var i = 0; i < each; i++)
            {
                own.Add(await (writer % 2 == 0 ? Store : other).StoreAsync(Sample.Events(stream, 2), Token));
            }

            return own;
        })));

        var stored = await StreamAsync(stream);
        AssertSame(Enumerable.Range(1, writers * each * 2).Select(i => (long)i), stored.Select(e => e.StreamVersion));
        AssertSame(stored.OrderBy(e => e.Version), stored);
        AssertSame(
            results.SelectMany(own => own).SelectMany(result => result.Events).OrderBy(e => e.Version),
            stored.Select(e => new AppendedEvent(e.Id, e.AggregateId, e.Version, e.StreamVersion)));
        foreach (var result in results.SelectMany(own => own))
        {
            Assert.AreEqual(result.Events[0].StreamVersion + 1, result.Events[1].StreamVersion, "another append came between two events of one");
        }
    }

    [TestMethod]
    public async Task Of_many_that_expect_the_same_version_one_wins()
    {
        const int writers = 8;
        var stream = Sample.Stream();
        await using var other = Fixture.Open();

        for (var round = 0; round < 20; round++)
        {
            var at = ExpectedVersion.Exactly(round);
            var won = await Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(async () =>
            {
                try
                {
                    await (writer % 2 == 0 ? Store : other).AppendAsync([Sample.Event(stream)], at, Token);
                    return true;
                }
                catch (WrongExpectedVersionException conflict)
                {
                    Assert.AreEqual((stream, at), (conflict.AggregateId, conflict.Expected));
                    Assert.AreEqual(round + 1, conflict.Actual);
                    return false;
                }
            })));

            Assert.AreEqual(1, won.Count(one => one));
        }

        Assert.HasCount(20, await StreamAsync(stream));
    }

    [TestMethod]
    public async Task Appends_to_several_streams_in_opposite_orders_do_not_block_each_other()
    {
        var (a, b) = (Sample.Stream(), Sample.Stream());
        await using var other = Fixture.Open();

        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Task.Run(() => (i % 2 == 0 ? Store : other).AppendAsync(
            [.. (i % 3 == 0 ? (string[])[a, b] : [b, a]).Select(stream => new StreamAppend(ExpectedVersion.Any, Sample.Events(stream, 2)))], Token))));

        Assert.HasCount(80, await StreamAsync(a));
        Assert.HasCount(80, await StreamAsync(b));
    }

    [TestMethod]
    public async Task A_reader_that_keeps_its_last_version_misses_nothing_and_sees_nothing_twice()
    {
        const int writers = 6;
        const int each = 30;
        await using var other = Fixture.Open();
        await using var reading = Fixture.Open(batchSize: 7);
        var start = await Store.GetLatestVersionAsync(Token);
        var mark = Sample.Stream();
        var read = new List<StoredEvent>();

        var reader = Task.Run(async () =>
        {
            for (var cursor = start; read.Count == 0 || read[^1].AggregateId != mark;)
            {
                await foreach (var stored in reading.LoadAsync(cursor, Token))
                {
                    read.Add(stored);
                    cursor = stored.Version;
                }
            }
        });
        var written = await Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(async () =>
        {
            var own = new List<string>();
            for (var i = 0; i < each; i++)
            {
                var given = Sample.Events($"{mark}-{(writer + i) % 4}", 1 + (i % 3));
                own.AddRange((await (writer % 2 == 0 ? Store : other).StoreAsync(given, Token)).Events.Select(e => e.Id));
            }

            return own;
        })));
        await Store.StoreAsync(Sample.Event(mark), Token);
        await reader;

        CollectionAssert.AreEquivalent(written.SelectMany(own => own).ToArray(), read.Select(e => e.Id).SkipLast(1).ToArray());
        AssertSame(read.OrderBy(e => e.Version), read);
        foreach (var stream in read.GroupBy(e => e.AggregateId))
        {
            AssertSame(Enumerable.Range(1, stream.Count()).Select(i => (long)i), stream.Select(e => e.StreamVersion));
        }
    }

    [TestMethod]
    public async Task An_append_cancelled_before_it_began_does_nothing()
    {
        var stream = Sample.Stream();

        await Assert.ThrowsAsync<OperationCanceledException>(() => Store.StoreAsync(Sample.Event(stream), new CancellationToken(canceled: true)));

        Assert.IsEmpty(await StreamAsync(stream));
    }

    [TestMethod]
    public async Task Appends_cancelled_at_any_moment_are_stored_whole_or_not_at_all()
    {
        const int size = 40;
        var random = new Random(20_261_123);
        var given = Enumerable.Range(0, 80).Select(_ => Sample.Events(Sample.Stream(), size)).ToArray();
        await Store.StoreAsync(Sample.Event(Sample.Stream()), Token);
        var started = TimeProvider.System.GetTimestamp();
        await Store.StoreAsync(Sample.Events(Sample.Stream(), size), Token);
        var usual = TimeProvider.System.GetElapsedTime(started);

        var (stored, cancelled) = (0, 0);
        foreach (var batch in given.Chunk(8))
        {
            await Task.WhenAll(batch.Select(async (events, place) =>
            {
                // The first of each eight has all the time, the last none: neither outcome depends on this machine.
                using var cancellation = new CancellationTokenSource();
                switch (place)
                {
                    case 0:
                        break;
                    case 7:
                        await cancellation.CancelAsync();
                        break;
                    default:
                        cancellation.CancelAfter(usual * random.NextDouble() * 8);
                        break;
                }

                try
                {
                    await Store.AppendAsync(events, ExpectedVersion.NoStream, cancellation.Token);
                    Interlocked.Increment(ref stored);
                    Assert.HasCount(size, await StreamAsync(events[0].AggregateId));
                }
                catch (OperationCanceledException)
                {
                    Interlocked.Increment(ref cancelled);
                }
            }));
        }

        Assert.IsGreaterThan(0, stored, "none was stored");
        Assert.IsGreaterThan(0, cancelled, "none was cancelled");
        foreach (var events in given)
        {
            Assert.Contains((await StreamAsync(events[0].AggregateId)).Count, (int[])[0, size]);
            await Store.AppendAsync(events, ExpectedVersion.NoStream, Token);
            Assert.HasCount(size, await StreamAsync(events[0].AggregateId));
        }
    }

    [TestMethod]
    public async Task Disposing_answers_the_appends_under_way_and_takes_no_more()
    {
        var store = Fixture.Open();
        var given = Enumerable.Range(0, 30).Select(_ => Sample.Events(Sample.Stream(), 3)).ToArray();
        await store.StoreAsync(Sample.Event(Sample.Stream()), Token);
        var underWay = given.Select(events => store.StoreAsync(events, Token)).ToArray();

        await store.DisposeAsync();

        // What was under way is decided by now. Whether each caller's task has heard of it yet is the thread pool's affair.
        foreach (var events in given)
        {
            Assert.HasCount(3, await StreamAsync(events[0].AggregateId), "disposed before all were stored");
        }

        Assert.IsTrue((await Task.WhenAll(underWay)).All(result => result.Events.Count == 3));
        await Assert.ThrowsExactlyAsync<ObjectDisposedException>(() => store.StoreAsync(Sample.Event("late"), Token));
        await store.DisposeAsync();
    }
}
