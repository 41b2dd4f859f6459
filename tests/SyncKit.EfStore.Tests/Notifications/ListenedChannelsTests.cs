using SyncKit.EfStore.Notifications;

namespace SyncKit.EfStore.Tests.Notifications;

[TestClass]
public sealed class ListenedChannelsTests
{
    private static readonly string[] TwoStreams = ["a", "b"];

    [TestMethod]
    public void Few_streams_have_a_channel_each()
    {
        var channels = ListenedChannels.For(TwoStreams, maxStreamChannels: 2);

        Assert.AreEqual("stream_a stream_b", Names(channels));
        Assert.IsTrue(channels.Cover(new NotificationFilter("a")));
        Assert.IsFalse(channels.Cover(new NotificationFilter("A")));
        Assert.IsFalse(channels.Cover(new NotificationFilter()));
        Assert.IsFalse(channels.Cover(new NotificationFilter(EventType: "a")));
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(0)]
    public void More_streams_than_channels_share_one(int maxStreamChannels)
    {
        var channels = ListenedChannels.For(TwoStreams, maxStreamChannels);

        Assert.AreEqual("events_global", Names(channels));
        Assert.IsTrue(channels.Cover(new NotificationFilter("c")));
        Assert.IsTrue(channels.Cover(new NotificationFilter()));
        Assert.IsTrue(channels.Cover(new NotificationFilter(EventType: "a")));
    }

    [TestMethod]
    public void Whoever_observes_any_stream_needs_the_global_channel() =>
        Assert.AreEqual("events_global", Names(ListenedChannels.For(null, maxStreamChannels: 16)));

    [TestMethod]
    public void Two_streams_may_share_a_channel()
    {
        var longStream = new string('x', 100);
        var sameChannel = ChannelNames.ForStream(longStream)["stream_".Length..];

        var channels = ListenedChannels.For([longStream, sameChannel], maxStreamChannels: 2);

        Assert.HasCount(1, channels.Names);
        Assert.IsTrue(channels.Cover(new NotificationFilter(longStream)));
        Assert.IsTrue(channels.Cover(new NotificationFilter(sameChannel)));
    }

    [TestMethod]
    public void What_is_listened_to_does_not_change_with_the_observers()
    {
        var streams = new List<string> { "a" };
        var channels = ListenedChannels.For(streams, maxStreamChannels: 2);

        streams.Add("b");

        Assert.IsFalse(channels.Cover(new NotificationFilter("b")));
    }

    private static string Names(ListenedChannels channels) => string.Join(' ', channels.Names.Order(StringComparer.Ordinal));
}
