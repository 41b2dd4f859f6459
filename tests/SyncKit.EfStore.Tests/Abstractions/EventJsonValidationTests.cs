using System.Text;
using System.Text.Json;

namespace SyncKit.EfStore.Tests.Abstractions;

[TestClass]
public sealed class EventJsonValidationTests
{
    [TestMethod]
    [DataRow("null")]
    [DataRow("0")]
    [DataRow("\"\"")]
    [DataRow("[]")]
    [DataRow(" \t\r\n{} ")]
    [DataRow("{\"\": 1}")]
    [DataRow("{\"a\": 1, \"a\": 2}")]
    [DataRow(@"""\ud83d\ude00""")]
    [DataRow(@"""\uD83D\uDE00\ud83d\ude00""")]
    [DataRow("\"😀\"")]
    [DataRow(@"""\\u0000""")]
    [DataRow(@"""\\\\u0000""")]
    [DataRow(@"""\\ud800""")]
    [DataRow(@"""\u0001\""\/\b\f\n\r\t""")]
    public void A_document_that_can_be_stored_passes(string text) =>
        Assert.AreEqual(text, EventJson.Parse(text).ToString());

    [TestMethod]
    [DataRow(@"""\u0000""")]
    [DataRow(@"""a\u0000b""")]
    [DataRow(@"""\\\u0000""")]
    [DataRow(@"{""\u0000"": 1}")]
    [DataRow(@"[{""a"": [""\u0000""]}]")]
    public void Nul_is_refused(string text) =>
        Assert.AreEqual(@"must not hold NUL (\u0000)", Refuse(text).Rule);

    [TestMethod]
    [DataRow(@"""\ud800""")]
    [DataRow(@"""\uDBFF""")]
    [DataRow(@"""\udc00""")]
    [DataRow(@"""\ud800x""")]
    [DataRow(@"""\ud800\n""")]
    [DataRow(@"""\ud800\u0041""")]
    [DataRow(@"""\ud800\ud800\udc00""")]
    [DataRow(@"""\ud800\udc00\udc00""")]
    [DataRow(@"""\ud800\\udc00""")]
    [DataRow(@"{""\udfff"": 1}")]
    public void A_lone_surrogate_is_refused(string text) =>
        Assert.AreEqual("must not hold a lone surrogate", Refuse(text).Rule);

    [TestMethod]
    public void A_lone_surrogate_that_is_not_escaped_is_refused()
    {
        // In one test: an attribute holds its text as UTF-8, which cannot hold these.
        foreach (var text in (string[])["\"\ud800\"", "\"\udc00\"", "\"\udc00\ud800\"", "\ud800"])
        {
            Assert.AreEqual("must not hold a lone surrogate", Refuse(text).Rule);
        }
    }

    [TestMethod]
    [DataRow("")]
    [DataRow(" ")]
    [DataRow("{")]
    [DataRow("{}}")]
    [DataRow("{} {}")]
    [DataRow("[1,]")]
    [DataRow("{'a': 1}")]
    [DataRow("{a: 1}")]
    [DataRow("01")]
    [DataRow("+1")]
    [DataRow("1.")]
    [DataRow(".5")]
    [DataRow("NaN")]
    [DataRow("Infinity")]
    [DataRow("nul")]
    [DataRow("\"\n\"")]
    [DataRow("\"\0\"")]
    [DataRow("\0")]
    [DataRow(@"""\x41""")]
    [DataRow(@"""\u12""")]
    [DataRow("// comment\n1")]
    [DataRow("\ufeff{}")]
    public void What_is_not_json_is_refused(string text) =>
        Assert.AreEqual("must be valid JSON, at most 1000 levels deep", Refuse(text).Rule);

    [TestMethod]
    public void A_refusal_says_where_and_names_the_field()
    {
        var refused = Assert.ThrowsExactly<InvalidInputException>(() => EventData.FromJson("stream", "Tested", "{}", "{\n  \"a\": x}"));

        Assert.AreEqual("metadata", refused.Field);
        Assert.StartsWith("at line 2, byte 8 it is not: ", refused.Actual);
    }

    [TestMethod]
    public void Bytes_that_are_not_utf8_are_refused()
    {
        // A lone surrogate and an overlong slash, as UTF-8 would write them if it could.
        foreach (var invalid in (byte[][])[[0x22, 0xed, 0xa0, 0x80, 0x22], [0x22, 0xc0, 0xaf, 0x22], [0x22, 0xff, 0x22]])
        {
            Assert.AreEqual("must be valid UTF-8", Assert.ThrowsExactly<InvalidInputException>(() => EventJson.FromUtf8(invalid)).Rule);
        }
    }

    [TestMethod]
    [DataRow("[", "]")]
    [DataRow("{\"a\":", "}")]
    public void A_thousand_levels_pass_and_one_more_is_refused(string open, string close)
    {
        EventJson.Parse(Nested(1000));
        Refuse(Nested(1001));

        string Nested(int levels) =>
            string.Concat(Enumerable.Repeat(open, levels)) + "1" + string.Concat(Enumerable.Repeat(close, levels));
    }

    [TestMethod]
    public void Null_is_refused_where_a_document_is_asked_for()
    {
        Refuse(null!);
        Assert.ThrowsExactly<InvalidInputException>(() => EventData.FromJson("stream", "Tested", null!));
    }

    [TestMethod]
    public void Objects_make_documents_and_come_back()
    {
        var made = EventJson.FromObject(new Dictionary<string, string> { ["name"] = "Ünï\"\u0001" });

        Assert.AreEqual("Ünï\"\u0001", made.Deserialize<Dictionary<string, string>>()!["name"]);
        Assert.AreEqual("null", EventJson.FromObject<string?>(null).ToString());
        Assert.AreEqual(
            @"must not hold NUL (\u0000)", Assert.ThrowsExactly<InvalidInputException>(() => EventJson.FromObject("a\0")).Rule);
    }

    [TestMethod]
    public void The_deepest_document_can_be_parsed_again()
    {
        var deepest = EventJson.Parse(new string('[', 1000) + new string(']', 1000));

        using var document = deepest.ToDocument();

        Assert.AreEqual(JsonValueKind.Array, document.RootElement.ValueKind);
    }

    [TestMethod]
    public void The_bytes_given_are_copied()
    {
        var bytes = Encoding.UTF8.GetBytes("[1]");
        var made = EventJson.FromUtf8(bytes);

        bytes[1] = (byte)'2';

        Assert.AreEqual("[1]", made.ToString());
    }

    private static InvalidInputException Refuse(string text) =>
        Assert.ThrowsExactly<InvalidInputException>(() => EventJson.Parse(text));
}
