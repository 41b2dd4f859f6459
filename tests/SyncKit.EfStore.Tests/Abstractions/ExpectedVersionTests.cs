namespace SyncKit.EfStore.Tests.Abstractions;

[TestClass]
public sealed class ExpectedVersionTests
{
    [TestMethod]
    public void Any_holds_everywhere_and_is_the_default()
    {
        Assert.AreEqual(ExpectedVersion.Any, default);
        Assert.IsTrue(ExpectedVersion.Any.Holds(0));
        Assert.IsTrue(ExpectedVersion.Any.Holds(7));
        Assert.IsNull(ExpectedVersion.Any.StreamVersion);
    }

    [TestMethod]
    public void No_stream_is_exactly_zero()
    {
        Assert.AreEqual(ExpectedVersion.Exactly(0), ExpectedVersion.NoStream);
        Assert.IsTrue(ExpectedVersion.NoStream.Holds(0));
        Assert.IsFalse(ExpectedVersion.NoStream.Holds(1));
    }

    [TestMethod]
    public void Stream_exists_holds_from_one_on()
    {
        Assert.IsFalse(ExpectedVersion.StreamExists.Holds(0));
        Assert.IsTrue(ExpectedVersion.StreamExists.Holds(1));
        Assert.IsNull(ExpectedVersion.StreamExists.StreamVersion);
    }

    [TestMethod]
    public void Exactly_holds_at_its_number_only()
    {
        Assert.IsFalse(ExpectedVersion.Exactly(5).Holds(4));
        Assert.IsTrue(ExpectedVersion.Exactly(5).Holds(5));
        Assert.IsFalse(ExpectedVersion.Exactly(5).Holds(6));
        Assert.AreEqual(5, ExpectedVersion.Exactly(5).StreamVersion);
        Assert.AreEqual(long.MaxValue - 1, ExpectedVersion.Exactly(long.MaxValue - 1).StreamVersion);
    }

    [TestMethod]
    [DataRow(-1)]
    [DataRow(long.MinValue)]
    [DataRow(long.MaxValue)]
    public void A_number_no_stream_can_be_at_is_refused(long streamVersion) =>
        Assert.ThrowsExactly<InvalidInputException>(() => ExpectedVersion.Exactly(streamVersion));

    [TestMethod]
    public void Says_itself_as_a_message_needs_it()
    {
        Assert.AreEqual("any", ExpectedVersion.Any.ToString());
        Assert.AreEqual("no stream", ExpectedVersion.NoStream.ToString());
        Assert.AreEqual("the stream to exist", ExpectedVersion.StreamExists.ToString());
        Assert.AreEqual("stream version 12", ExpectedVersion.Exactly(12).ToString());
    }
}
