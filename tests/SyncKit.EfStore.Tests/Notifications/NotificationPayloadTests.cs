using SyncKit.EfStore.Notifications;

namespace SyncKit.EfStore.Tests.Notifications;

[TestClass]
public sealed class NotificationPayloadTests
{
    private const string Whole =
        """
        {"version" : 7, "id" : "e-1", "aggregate_id" : "order \"1\"", "event_type" : "Placed",
         "created_at" : "2026-03-01T13:00:00.123456+02:00", "stream_name" : "stream_order \"1\"", "stream_version" : 3}
        """;

    [TestMethod]
    public void A_whole_payload_is_the_event()
    {
        var expected = new EventNotification(
            new EventVersion(7), 3, "e-1", "order \"1\"", "Placed", new DateTimeOffset(2026, 3, 1, 11, 0, 0, 123, 456, TimeSpan.Zero));

        Assert.AreEqual(new NotificationPayload(expected, 7, 7), NotificationPayload.Parse(Whole));
        Assert.AreEqual(TimeSpan.Zero, NotificationPayload.Parse(Whole)!.Event!.CreatedAt!.Value.Offset);
    }

    [TestMethod]
    public void An_unknown_time_is_known_to_be_unknown()
    {
        var payload = NotificationPayload.Parse(
            """{"version": 7, "id": "e", "aggregate_id": "a", "event_type": "t", "created_at": null, "stream_version": 1}""");

        Assert.IsNotNull(payload?.Event);
        Assert.IsNull(payload.Event.CreatedAt);
    }

    [TestMethod]
    [DataRow("""{"version": 7, "stream_version": 3}""", DisplayName = "reduced")]
    [DataRow("""{"version": 7, "aggregate_id": "a", "event_type": "t", "id": "e"}""", DisplayName = "of go-sync-kit")]
    [DataRow("""{"version": 7, "aggregate_id": "a", "event_type": "t", "id": "e", "created_at": null}""", DisplayName = "no stream version")]
    [DataRow("""{"version": 7, "id": 1, "aggregate_id": "a", "event_type": "t", "created_at": null, "stream_version": 1}""")]
    [DataRow("""{"version": 7, "id": "e", "aggregate_id": {"a": 1}, "event_type": "t", "created_at": null, "stream_version": 1}""")]
    [DataRow("""{"version": 7, "id": "e", "aggregate_id": "a", "event_type": null, "created_at": null, "stream_version": 1}""")]
    [DataRow("""{"version": 7, "id": "e", "aggregate_id": "a", "event_type": "t", "created_at": "infinity", "stream_version": 1}""")]
    [DataRow("""{"version": 7, "id": "e", "aggregate_id": "a", "event_type": "t", "created_at": 12, "stream_version": 1}""")]
    [DataRow("""{"version": 7, "id": "e", "aggregate_id": "a", "event_type": "t", "created_at": null, "stream_version": 0}""")]
    [DataRow("""{"version": 7, "id": "e", "aggregate_id": "a", "event_type": "t", "created_at": null, "stream_version": "1"}""")]
    [DataRow("""{"version": 7, "first_version": 1, "last_version": 100}""")]
    [DataRow("""{"version": 7, "id": "\ud800", "aggregate_id": "a", "event_type": "t", "created_at": null, "stream_version": 1}""")]
    [DataRow("""{"version": 7, "id": "e", "aggregate_id": "\udc00x", "event_type": "t", "created_at": null, "stream_version": 1}""")]
    public void What_is_not_whole_is_only_a_version(string text) =>
        Assert.AreEqual(new NotificationPayload(null, 7, 7), NotificationPayload.Parse(text));

    [TestMethod]
    public void A_range_is_its_ends()
    {
        Assert.AreEqual(
            new NotificationPayload(null, 5, 20_004), NotificationPayload.Parse("""{"first_version": 5, "last_version": 20004, "count": 20000}"""));
        Assert.AreEqual(
            new NotificationPayload(null, 1, long.MaxValue, AfterCommit: true),
            NotificationPayload.Parse("""{"first_version": 1, "last_version": 9223372036854775807}"""));
    }

    /// <summary>The trigger tells a statement as a range from 10,001 rows on, in the order of commits; a store tells any number, later.</summary>
    [TestMethod]
    [DataRow(1, true)]
    [DataRow(10_000, true)]
    [DataRow(10_001, false)]
    public void A_range_for_few_was_told_after_a_commit(int count, bool afterCommit) =>
        Assert.AreEqual(
            afterCommit,
            NotificationPayload.Parse($$"""{"first_version": 5, "last_version": 20004, "count": {{count}}}""")!.AfterCommit);

    [TestMethod]
    [DataRow("")]
    [DataRow("hello")]
    [DataRow("{")]
    [DataRow("[]")]
    [DataRow("[{\"version\": 7}]")]
    [DataRow("7")]
    [DataRow("null")]
    [DataRow("\"version\"")]
    [DataRow("{}")]
    [DataRow("{\"version\": 7} trailing")]
    [DataRow("{\"version\": \"7\"}")]
    [DataRow("{\"version\": 7.5}")]
    [DataRow("{\"version\": 0}")]
    [DataRow("{\"version\": -7}")]
    [DataRow("{\"version\": 9223372036854775808}")]
    [DataRow("{\"version\": 1e400}")]
    [DataRow("{\"version\": null}")]
    [DataRow("{\"version\": [7]}")]
    [DataRow("{\"Version\": 7}")]
    [DataRow("{\"first_version\": 9, \"last_version\": 5}")]
    [DataRow("{\"first_version\": 5}")]
    [DataRow("{\"first_version\": -5, \"last_version\": 5}")]
    [DataRow("{\"\\ud800\": 7}")]
    public void Anything_else_is_nothing(string text) => Assert.IsNull(NotificationPayload.Parse(text));

    [TestMethod]
    public void Deep_nesting_is_nothing() =>
        Assert.IsNull(NotificationPayload.Parse("{\"version\": 7, \"id\": " + new string('[', 3_900) + new string(']', 3_900) + "}"));
}
