using SyncKit.EfStore.Importing;

namespace SyncKit.EfStore.Tests.Importing;

[TestClass]
public sealed class EventBatchTests
{
    [TestMethod]
    public void Holds_so_many_events()
    {
        var batch = new EventBatch(maxStreams: 1);

        Assert.AreEqual(EventBatch.MaxEvents, Enumerable.Range(1, EventBatch.MaxEvents + 1).Count(n => batch.TryAdd(Event(n, "s"))));
        Assert.AreEqual(EventBatch.MaxEvents, batch.Count);
    }

    [TestMethod]
    public void Holds_so_many_streams_and_goes_on_with_events_of_those()
    {
        var batch = new EventBatch(maxStreams: 2);

        Assert.IsTrue(batch.TryAdd(Event(1, "a")));
        Assert.IsTrue(batch.TryAdd(Event(2, "b")));
        Assert.IsFalse(batch.TryAdd(Event(3, "c")));
        Assert.IsTrue(batch.TryAdd(Event(4, "a")));
        CollectionAssert.AreEqual((string[])["a", "b"], batch.Streams.ToArray());
        CollectionAssert.AreEqual((int[])[0, 1, 0], Enumerable.Range(0, batch.Count).Select(batch.StreamOf).ToArray());
    }

    [TestMethod]
    public void Takes_an_id_once()
    {
        var batch = new EventBatch(maxStreams: 2);

        Assert.IsTrue(batch.TryAdd(Event(1, "a")));
        Assert.IsFalse(batch.TryAdd(Event(1, "b")));
        CollectionAssert.AreEqual((string[])["a"], batch.Streams.ToArray());
    }

    [TestMethod]
    public void Holds_so_many_bytes_but_any_event_alone()
    {
        var half = new string('x', (int)(EventBatch.MaxBytes / 2));
        var batch = new EventBatch(maxStreams: 1);
        var alone = new EventBatch(maxStreams: 1);

        Assert.IsTrue(batch.TryAdd(Event(1, "s", half)));
        Assert.IsFalse(batch.TryAdd(Event(2, "s", half)));
        Assert.IsTrue(batch.TryAdd(Event(3, "s")));
        Assert.IsTrue(alone.TryAdd(Event(1, "s", half + half + "x")));
    }

    private static NumberedEvent Event(int number, string stream, string data = "") =>
        new(number, new EventData(stream, "T", EventJson.Parse($"\"{data}\"")) { Id = $"{number}" });
}
