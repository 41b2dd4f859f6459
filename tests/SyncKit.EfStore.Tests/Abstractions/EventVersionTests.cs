namespace SyncKit.EfStore.Tests.Abstractions;

[TestClass]
public sealed class EventVersionTests
{
    [TestMethod]
    [DataRow("", 0)]
    [DataRow("0", 0)]
    [DataRow("00", 0)]
    [DataRow("1", 1)]
    [DataRow("9223372036854775807", long.MaxValue)]
    public void Parses_decimal_digits_and_empty_text(string text, long value)
    {
        Assert.AreEqual(value, EventVersion.Parse(text).Value);
        Assert.IsTrue(EventVersion.TryParse(text, out var version));
        Assert.AreEqual(value, version.Value);
    }

    [TestMethod]
    [DataRow("-1")]
    [DataRow("+1")]
    [DataRow(" 1")]
    [DataRow("1 ")]
    [DataRow(" ")]
    [DataRow("1.0")]
    [DataRow("1e3")]
    [DataRow("0x10")]
    [DataRow("1,000")]
    [DataRow("seven")]
    [DataRow("٣")]
    [DataRow("9223372036854775808")]
    [DataRow("99999999999999999999999999")]
    [DataRow(null)]
    public void Refuses_everything_else(string? text)
    {
        var refused = Assert.ThrowsExactly<InvalidInputException>(() => EventVersion.Parse(text!));

        Assert.AreEqual("version", refused.Field);
        Assert.IsFalse(EventVersion.TryParse(text, out var version));
        Assert.AreEqual(EventVersion.Zero, version);
    }

    [TestMethod]
    public void A_refusal_names_the_field_the_rule_and_the_value() =>
        Assert.AreEqual(
            "The version must be a whole number from 0 to 9223372036854775807; it is '-1'.",
            Assert.ThrowsExactly<InvalidInputException>(() => EventVersion.Parse("-1")).Message);

    [TestMethod]
    public void A_long_malformed_version_is_cut_and_kept_on_one_line()
    {
        var refused = Assert.ThrowsExactly<InvalidInputException>(() => EventVersion.Parse("1\n" + new string('x', 10_000)));

        Assert.IsLessThan(300, refused.Message.Length);
        Assert.DoesNotContain("\n", refused.Message);
    }

    [TestMethod]
    public void A_negative_number_is_refused() =>
        Assert.ThrowsExactly<InvalidInputException>(() => new EventVersion(-1));

    [TestMethod]
    public void Text_reads_back_as_the_same_version()
    {
        foreach (var value in (long[])[0, 1, 42, long.MaxValue])
        {
            Assert.AreEqual(new EventVersion(value), EventVersion.Parse(new EventVersion(value).ToString()));
        }
    }

    [TestMethod]
    public void Versions_compare_as_their_numbers()
    {
        var (nine, ten) = (new EventVersion(9), new EventVersion(10));

        Assert.IsTrue(nine < ten && ten > nine && nine <= ten && ten >= nine && nine != ten);
        Assert.IsFalse(ten < nine || nine > ten);
        Assert.IsTrue(EventVersion.Zero < nine && default(EventVersion) == EventVersion.Zero);
        Assert.IsGreaterThan(0, ten.CompareTo((object)nine));
        Assert.IsGreaterThan(0, ten.CompareTo(null));
    }
}
