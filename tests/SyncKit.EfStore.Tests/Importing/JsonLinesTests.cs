using System.IO.Compression;
using System.Text;

namespace SyncKit.EfStore.Tests.Importing;

[TestClass]
public sealed class JsonLinesTests
{
    private const string Start = "{\"id\":\"1\",\"aggregate_id\":\"s\",\"event_type\":\"T\"";
    private const string Good = Start + "}";

    [TestMethod]
    [DataRow("", "The line must be one JSON object; at byte 1 it is not", DisplayName = "no JSON")]
    [DataRow("{", "The line must be one JSON object; at byte 2 it is not", DisplayName = "cut off")]
    [DataRow(Good + Good, "The line must be one JSON object; at byte 47 it is not", DisplayName = "two on a line")]
    [DataRow("[]", "The line must be one JSON object; it is an array.")]
    [DataRow("null", "The line must be one JSON object; it is null.")]
    [DataRow("17", "The line must be one JSON object; it is a number.")]
    [DataRow("{\"aggregate_id\":\"s\",\"event_type\":\"T\"}", "The id must hold 1 to 1024 bytes of UTF-8 without NUL or lone surrogates; it is missing.")]
    [DataRow("{\"id\":\"1\",\"event_type\":\"T\"}", "The aggregate_id must hold 1 to 1024 bytes of UTF-8 without NUL or lone surrogates; it is missing.")]
    [DataRow("{\"id\":\"1\",\"aggregate_id\":\"s\"}", "The event_type must hold 1 to 1024 bytes of UTF-8 without NUL or lone surrogates; it is missing.")]
    [DataRow("{\"id\":null,\"aggregate_id\":\"s\",\"event_type\":\"T\"}", "The id must hold 1 to 1024 bytes of UTF-8 without NUL or lone surrogates; it is null.")]
    [DataRow("{\"id\":17,\"aggregate_id\":\"s\",\"event_type\":\"T\"}", "The id must hold 1 to 1024 bytes of UTF-8 without NUL or lone surrogates; it is a number.")]
    [DataRow("{\"id\":\"\",\"aggregate_id\":\"s\",\"event_type\":\"T\"}", "The id must hold 1 to 1024 bytes of UTF-8 without NUL or lone surrogates; it is empty.")]
    [DataRow("{\"id\":\"a\\u0000\",\"aggregate_id\":\"s\",\"event_type\":\"T\"}", "The id must hold 1 to 1024 bytes of UTF-8 without NUL or lone surrogates; it holds NUL at character 1.")]
    [DataRow("{\"id\":\"a\\ud800\",\"aggregate_id\":\"s\",\"event_type\":\"T\"}", "The id must hold 1 to 1024 bytes of UTF-8 without NUL or lone surrogates; it holds a lone surrogate.")]
    [DataRow(Start + ",\"data\":\"\\u0000\"}", "The data must not hold NUL (\\u0000); the text at byte 1 holds it.")]
    [DataRow(Start + ",\"data\":[\"\\udc00\"]}", "The data must not hold a lone surrogate; the text at byte 2 holds one.")]
    [DataRow(Start + ",\"metadata\":1e999999}", "The metadata must hold only numbers of at most 131072 digits before the decimal point and 16383 after it; the number at byte 1 has more.")]
    [DataRow(Start + ",\"created_at\":17}", "The created_at must be null or an ISO 8601 date and time with an offset, such as 2026-11-23T08:30:00.123456+00:00; it is a number.")]
    [DataRow(Start + ",\"created_at\":\"yesterday\"}", "The created_at must be null or an ISO 8601 date and time with an offset, such as 2026-11-23T08:30:00.123456+00:00; it is 'yesterday'.")]
    [DataRow(Start + ",\"created_at\":\"2026-11-23T08:30:00\"}", "The created_at must be null or an ISO 8601 date and time with an offset, such as 2026-11-23T08:30:00.123456+00:00; it is '2026-11-23T08:30:00'.")]
    [DataRow(Start + ",\"created_at\":\"2026-02-30T08:30:00Z\"}", "The created_at must be null or an ISO 8601 date and time with an offset, such as 2026-11-23T08:30:00.123456+00:00; it is '2026-02-30T08:30:00Z'.")]
    public async Task A_line_that_is_no_event_is_named_with_number_field_and_rule(string line, string problem)
    {
        var error = await RefusedAsync(Encoding.UTF8.GetBytes($"{Good}\n\n{(line.Length == 0 ? "x" : line)}\n{Good}"));

        Assert.AreEqual(3, error.Line);
        Assert.StartsWith(problem, error.Problem);
        Assert.AreEqual($"Line 3: {error.Problem}", error.Message);
    }

    [TestMethod]
    public async Task Control_characters_go_out_escaped_and_come_back_as_they_were()
    {
        var name = string.Concat("a\u001b\u007f\u009b\u00a0é", char.ConvertFromUtf32(0x1F600));
        var data = EventJson.Parse($"{{\"k\u009b\":[\"\u007f\u0080\u009f\u00a0é\",\"{char.ConvertFromUtf32(0x1F600)}\\\\\u0085\"]}}");
        var stored = new StoredEvent(new EventVersion(1), 1, name, name, "T\u009b", data, data, null);
        var output = new System.Buffers.ArrayBufferWriter<byte>();

        JsonLines.Write(output, stored);

        var line = Encoding.UTF8.GetString(output.WrittenSpan);
        Assert.IsFalse(line[..^1].Any(char.IsControl), line);
        using var stream = new MemoryStream(output.WrittenSpan.ToArray());
        var read = await JsonLines.ReadAsync(stream).SingleAsync();
        Assert.AreEqual((name, name, "T\u009b"), (read.Id, read.AggregateId, read.EventType));
        using var before = System.Text.Json.JsonDocument.Parse(data.Utf8);
        using var after = System.Text.Json.JsonDocument.Parse(read.Data!.Utf8);
        Assert.IsTrue(System.Text.Json.JsonElement.DeepEquals(before.RootElement, after.RootElement), line);
    }

    [TestMethod]
    public async Task Values_over_their_limits_are_refused()
    {
        var longId = await RefusedAsync(Encoding.UTF8.GetBytes(Good.Replace("\"1\"", $"\"{new string('x', 1025)}\"", StringComparison.Ordinal)));
        var deep = await RefusedAsync(Encoding.UTF8.GetBytes($"{Start},\"data\":{new string('[', 1001)}{new string(']', 1001)}}}"));

        Assert.Contains("The id must hold 1 to 1024 bytes", longId.Problem);
        Assert.Contains("it holds 1025 bytes", longId.Problem);
        Assert.Contains("The data must be valid JSON, at most 1000 levels deep", deep.Problem);
    }

    [TestMethod]
    [DataRow("id", "The id must be valid UTF-8; it is not.")]
    [DataRow("data", "The data must be valid UTF-8; it is not.")]
    [DataRow("created_at", "The created_at must be null or an ISO 8601 date and time")]
    [DataRow("something_else", "The line must be valid UTF-8; it is not.")]
    public async Task Bytes_that_are_no_UTF8_are_refused_and_never_replaced(string field, string problem)
    {
        var line = Encoding.Latin1.GetBytes($"{Start},\"{field}\":\"\u00FF\"}}");

        Assert.StartsWith(problem, (await RefusedAsync(line)).Problem);
    }

    [TestMethod]
    [DataRow(Good, DisplayName = "no line end")]
    [DataRow(Good + "\n")]
    [DataRow(Good + "\r\n")]
    [DataRow("\uFEFF" + Good, DisplayName = "byte order mark")]
    [DataRow("\n \t\r\n" + Good + "\n\n", DisplayName = "blank lines")]
    [DataRow("{\"version\":9,\"stream_version\":3,\"other\":{\"id\":2},\"event_type\":\"T\",\"aggregate_id\":\"s\",\"id\":\"1\"}", DisplayName = "unknown members")]
    [DataRow("{\"\\u0069d\":\"1\",\"aggregate_id\":\"\\u0073\",\"event_type\":\"T\"}", DisplayName = "escaped")]
    public async Task Every_way_to_write_a_line_is_understood(string text)
    {
        var events = await ReadAsync(Encoding.UTF8.GetBytes(text));

        Assert.HasCount(1, events);
        Assert.AreEqual(("1", "s", "T"), (events[0].Id, events[0].AggregateId, events[0].EventType));
        Assert.IsNull(events[0].Data);
        Assert.IsNull(events[0].Metadata);
        Assert.IsNull(events[0].CreatedAt);
    }

    [TestMethod]
    public async Task Data_is_taken_byte_by_byte_and_null_is_a_value()
    {
        const string Data = """{ "b" : 1.50e+2,"ä":"\u00e4🎉" }""";
        var events = await ReadAsync(Encoding.UTF8.GetBytes($"{Start},\"data\": {Data} ,\"metadata\":null,\"created_at\":null}}"));

        Assert.AreEqual(Data, events[0].Data!.ToString());
        Assert.AreEqual("null", events[0].Metadata!.ToString());
        Assert.IsNull(events[0].CreatedAt);
    }

    [TestMethod]
    [DataRow("2006-02-14T13:29:13+02:00", "2006-02-14T11:29:13.0000000+00:00")]
    [DataRow("2006-02-14T13:29:13.1234567Z", "2006-02-14T13:29:13.1234560+00:00")]
    [DataRow("2006-02-14T13:29:13.5-03:30", "2006-02-14T16:59:13.5000000+00:00")]
    public async Task Times_become_UTC_in_whole_microseconds(string written, string kept)
    {
        var events = await ReadAsync(Encoding.UTF8.GetBytes($"{Start},\"created_at\":\"{written}\"}}"));

        Assert.AreEqual(kept, events[0].CreatedAt!.Value.ToString("O"));
    }

    [TestMethod]
    public async Task A_line_longer_than_every_buffer_arrives_whole()
    {
        var data = $"\"{new string('x', 3_000_000)}\"";
        var events = await ReadAsync(Encoding.UTF8.GetBytes($"{Good}\n{Start},\"data\":{data}}}\n{Good}"));

        Assert.HasCount(3, events);
        Assert.AreEqual(data, events[1].Data!.ToString());
    }

    [TestMethod]
    public async Task A_line_of_more_than_64_MiB_is_refused_though_it_never_ends()
    {
        var endless = new byte[65 * 1024 * 1024];
        endless.AsSpan().Fill((byte)'x');

        Assert.AreEqual("Line 1: The line must hold at most 67108864 bytes; it holds more.", (await RefusedAsync(endless)).Message);
    }

    [TestMethod]
    public async Task Gzip_is_recognised_in_several_parts_too()
    {
        using var bytes = new MemoryStream();
        for (var part = 0; part < 2; part++)
        {
            using var gzip = new GZipStream(bytes, CompressionLevel.Fastest, leaveOpen: true);
            gzip.Write(Encoding.UTF8.GetBytes($"{Good}\n"));
        }

        Assert.HasCount(2, await ReadAsync(bytes.ToArray()));
    }

    private static async Task<ImportException> RefusedAsync(byte[] text) =>
        await Assert.ThrowsExactlyAsync<ImportException>(() => ReadAsync(text));

    private static async Task<List<EventData>> ReadAsync(byte[] text)
    {
        var events = new List<EventData>();
        using var stream = new MemoryStream(text);
        await foreach (var eventData in JsonLines.ReadAsync(stream))
        {
            events.Add(eventData);
        }

        return events;
    }
}
