using System.Diagnostics;
using System.Text.Json;
using SyncKit.EfStore.Diagnostics;

namespace SyncKit.EfStore.Tests.Diagnostics;

/// <summary>What an append's trace adds to metadata, and what it leaves alone.</summary>
[TestClass]
public sealed class TraceMetadataTests
{
    [TestMethod]
    public void Without_an_activity_there_is_nothing_to_add() => Assert.IsNull(TraceMetadata.Of(null, null));

    [TestMethod]
    [DataRow(null)]
    [DataRow("{}")]
    [DataRow(" { } ")]
    public void None_and_an_empty_object_get_the_keys_alone(string? metadata)
    {
        using var caller = Start();

        var added = Parse(Trace(caller).AddTo(Json(metadata)));

        CollectionAssert.AreEquivalent((string[])["traceparent", "correlation_id", "causation_id"], added.EnumerateObject().Select(member => member.Name).ToArray());
        Assert.AreEqual(caller.Id, Text(added, "traceparent"));
        Assert.AreEqual(caller.TraceId.ToHexString(), Text(added, "correlation_id"));
        Assert.AreEqual(caller.SpanId.ToHexString(), Text(added, "causation_id"));
    }

    [TestMethod]
    [DataRow("null")]
    [DataRow("[1]")]
    [DataRow("\"traceparent\"")]
    [DataRow(" 7")]
    public void What_is_no_object_stays_as_it_is(string metadata)
    {
        using var caller = Start();
        var given = EventJson.Parse(metadata);

        Assert.AreSame(given, Trace(caller).AddTo(given));
    }

    [TestMethod]
    public void A_key_of_the_callers_stays_and_a_trace_of_his_own_is_not_mixed_with_ours()
    {
        using var caller = Start();
        caller.TraceStateString = "vendor=1";
        var own = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

        var added = Parse(Trace(caller).AddTo(Json($$"""{ "traceparent": "{{own}}", "causation_id": 5, "by": {"traceparent": 1} }""")));

        // Of two equal keys JSONB keeps the last, and so does the reader here.
        Assert.AreEqual(own, Text(added, "traceparent"));
        Assert.IsFalse(added.TryGetProperty("tracestate", out _));
        Assert.AreEqual(5, added.GetProperty("causation_id").GetInt32());
        Assert.AreEqual(caller.TraceId.ToHexString(), Text(added, "correlation_id"));
        Assert.AreEqual(1, added.GetProperty("by").GetProperty("traceparent").GetInt32());
    }

    [TestMethod]
    public void What_the_caller_gave_is_not_sent_twice()
    {
        using var caller = Start();
        var all = Json($$"""{ "traceparent": "{{caller.Id}}", "correlation_id": "mine", "causation_id": null }""")!;
        var some = Json("""{"correlation_id":"mine"}""")!;

        Assert.AreSame(all, Trace(caller).AddTo(all));
        Assert.AreEqual(
            $$"""{"traceparent":"{{caller.Id}}","causation_id":"{{caller.SpanId.ToHexString()}}","correlation_id":"mine"}""",
            Trace(caller).AddTo(some)!.ToString());
    }

    [TestMethod]
    public void A_key_spelled_with_escapes_is_the_callers_too()
    {
        using var caller = Start();

        var added = Parse(Trace(caller).AddTo(Json("""{ "correlation\u005fid": "mine" }""")));

        Assert.AreEqual("mine", Text(added, "correlation_id"));
    }

    [TestMethod]
    public void A_nested_key_of_that_name_is_none()
    {
        using var caller = Start();

        var added = Parse(Trace(caller).AddTo(Json("""{ "by": {"traceparent": "mine"} }""")));

        Assert.AreEqual(caller.Id, Text(added, "traceparent"));
    }

    [TestMethod]
    public void The_state_of_the_trace_goes_with_it()
    {
        using var caller = Start();
        caller.TraceStateString = """a="b\c",d=e""";

        Assert.AreEqual(caller.TraceStateString, Text(Parse(Trace(caller).AddTo((EventJson?)null)), "tracestate"));
    }

    [TestMethod]
    public void Baggage_overrides_the_ids()
    {
        using var caller = Start();
        caller.SetBaggage("correlation_id", "order 17").SetBaggage("causation_id", "button");

        var added = Parse(Trace(caller).AddTo((EventJson?)null));

        Assert.AreEqual("order 17", Text(added, "correlation_id"));
        Assert.AreEqual("button", Text(added, "causation_id"));
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("nul \0")]
    [DataRow("half \uD83D")]
    [DataRow("line\n")]
    [DataRow("é")]
    public void Ids_and_states_that_may_not_be_stored_are_none(string hostile)
    {
        using var caller = Start();
        caller.SetBaggage("correlation_id", hostile).SetBaggage("causation_id", new string('x', 257));
        caller.TraceStateString = hostile;

        var added = Parse(Trace(caller).AddTo((EventJson?)null));

        Assert.AreEqual(caller.TraceId.ToHexString(), Text(added, "correlation_id"));
        Assert.AreEqual(caller.SpanId.ToHexString(), Text(added, "causation_id"));
        Assert.IsFalse(added.TryGetProperty("tracestate", out _));
    }

    [TestMethod]
    public void Under_a_handler_the_event_handled_is_the_cause_and_lends_its_correlation()
    {
        using var handler = Start();
        new HandledEvent("event-1", "order 17").KeepOn(handler);
        using var within = Start();

        var added = Parse(Trace(within).AddTo((EventJson?)null));

        Assert.AreEqual(within.Id, Text(added, "traceparent"));
        Assert.AreEqual("order 17", Text(added, "correlation_id"));
        Assert.AreEqual("event-1", Text(added, "causation_id"));
    }

    [TestMethod]
    [DataRow(null)]
    [DataRow("null")]
    [DataRow("{}")]
    [DataRow("""["traceparent"]""")]
    [DataRow("""{ "traceparent": 5, "correlation_id": [] }""")]
    [DataRow("""{ "traceparent": "00-nonsense" }""")]
    [DataRow("""{ "in": { "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" } }""")]
    public void Stored_metadata_that_tells_no_trace_is_no_trace(string? metadata) => Assert.AreEqual(default, StoredTrace.Of(Json(metadata)));

    [TestMethod]
    public void A_stored_trace_is_read_back_with_its_state_and_correlation()
    {
        using var caller = Start();
        caller.TraceStateString = "vendor=1";

        var stored = StoredTrace.Of(Trace(caller).AddTo(Json("""{ "deep": [[[{}]]] }""")));

        Assert.AreEqual(caller.TraceId, stored.Context!.Value.TraceId);
        Assert.AreEqual(caller.SpanId, stored.Context.Value.SpanId);
        Assert.AreEqual("vendor=1", stored.Context.Value.TraceState);
        Assert.IsTrue(stored.Context.Value.IsRemote);
        Assert.AreEqual(caller.TraceId.ToHexString(), stored.Correlation);
    }

    private static Activity Start() => new Activity("caller").SetIdFormat(ActivityIdFormat.W3C).Start();

    private static TraceMetadata Trace(Activity caller) => TraceMetadata.Of(null, caller)!;

    private static EventJson? Json(string? text) => text is null ? null : EventJson.Parse(text);

    private static JsonElement Parse(EventJson? json) => JsonElement.Parse(EventJson.Parse(json!.ToString()).Utf8.Span);

    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();
}
