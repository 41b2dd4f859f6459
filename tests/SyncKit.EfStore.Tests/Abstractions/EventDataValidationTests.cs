namespace SyncKit.EfStore.Tests.Abstractions;

[TestClass]
public sealed class EventDataValidationTests
{
    public static IEnumerable<object?[]> UnstorableTexts =>
    [
        [null, "it is null"],
        ["", "it is empty"],
        ["a\0b", "it holds NUL at character 1"],
        ["a\ud800", "it holds a lone surrogate at character 1"],
        ["\udc00a", "it holds a lone surrogate at character 0"],
        [new string('x', 1025), "it holds 1025 bytes"],
        [new string('é', 513), "it holds 1026 bytes"],
        [string.Concat(Enumerable.Repeat("😀", 257)), "it holds 1028 bytes"],
    ];

    [TestMethod]
    [DynamicData(nameof(UnstorableTexts))]
    public void Text_that_cannot_be_stored_is_refused_in_every_field(string? text, string actual)
    {
        AssertRefused("aggregate_id", () => new EventData(text!, "Tested"));
        AssertRefused("event_type", () => new EventData("stream", text!));
        AssertRefused("id", () => new EventData("stream", "Tested") { Id = text! });

        void AssertRefused(string field, Func<EventData> make)
        {
            var refused = Assert.ThrowsExactly<InvalidInputException>(make);
            Assert.AreEqual(field, refused.Field);
            Assert.StartsWith(actual, refused.Actual);
        }
    }

    [TestMethod]
    public void A_refusal_names_the_limit() =>
        Assert.AreEqual(
            "The id must hold 1 to 1024 bytes of UTF-8 without NUL or lone surrogates; it is empty.",
            Assert.ThrowsExactly<InvalidInputException>(() => new EventData("stream", "Tested") { Id = "" }).Message);

    [TestMethod]
    public void A_refusal_shows_the_start_of_a_long_value_without_cutting_a_character()
    {
        var refused = Assert.ThrowsExactly<InvalidInputException>(
            () => new EventData(new string('x', 79) + string.Concat(Enumerable.Repeat("😀", 400)), "Tested"));

        Assert.EndsWith($"'{new string('x', 79)}…'.", refused.Message);
    }

    [TestMethod]
    [DataRow(1024, 'x')]
    [DataRow(512, 'é')]
    [DataRow(341, '€')]
    public void Text_at_the_limit_passes(int characters, char character)
    {
        var text = new string(character, characters);

        var given = new EventData(text, text) { Id = text };

        Assert.AreEqual((text, text, text), (given.AggregateId, given.EventType, given.Id));
    }

    [TestMethod]
    public void Ids_are_uuids_of_version_7_in_the_order_of_time()
    {
        var ids = Enumerable.Range(0, 50).Select(_ => Guid.Parse(new EventData("stream", "Tested").Id)).ToList();

        Assert.IsTrue(ids.All(id => id.Version == 7));
        Assert.HasCount(50, ids.Distinct());
    }

    [TestMethod]
    public void Times_are_kept_in_utc_and_cut_to_microseconds()
    {
        var at = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(2)).AddTicks(1_234_567);

        var kept = new EventData("stream", "Tested") { CreatedAt = at }.CreatedAt!.Value;

        Assert.AreEqual(TimeSpan.Zero, kept.Offset);
        Assert.AreEqual(at.UtcTicks - 7, kept.UtcTicks);
    }

    [TestMethod]
    public void An_append_names_one_stream_and_at_least_one_event()
    {
        var given = Sample.Event("stream");

        Refused(() => new StreamAppend(ExpectedVersion.Any, null!));
        Refused(() => new StreamAppend(ExpectedVersion.Any, []));
        Refused(() => new StreamAppend(ExpectedVersion.Any, given, null!));
        Refused(() => new StreamAppend(ExpectedVersion.Any, given, Sample.Event("other")));

        static void Refused(Func<StreamAppend> make) => Assert.ThrowsExactly<InvalidInputException>(make);
    }
}
