using System.Globalization;
using System.Text;
using SyncKit.EfStore.Sqlite.Verifying;

namespace SyncKit.EfStore.Tests.Sqlite.Verifying;

/// <summary>Two documents have one hash exactly when the server's jsonb holds them equal.</summary>
[TestClass]
public sealed class CanonicalJsonTests
{
    private const int Seed = 20_261_125;

    public static IEnumerable<object[]> Pairs =>
    [
        ["1", "1.0", true], ["1e2", "100", true], ["1E+2", "100.000", true], ["-0", "0", true], ["0.0e5", "0", true], ["0.10", "1e-1", true],
        ["1", "-1", false], ["12", "1.2", false], ["100", "10", false], ["1e131071", "10e131070", true], ["0.1", "0.10000000000000000000000000000001", false],
        ["12345678901234567890123456789", "12345678901234567890123456788", false], ["9007199254740993", "9007199254740992", false],
        ["10.01", "1001e-2", true], ["1001", "10010e-1", true], ["1.5e3", "1500", true], ["0.05", "5e-2", true], ["50", "5", false],
        ["""{"a":1,"b":2}""", """{"b":2, "a":1}""", true], ["""{"a":1,"a":2}""", """{"a":2}""", true], ["""{"a":1,"a":2}""", """{"a":1}""", false],
        ["""{"a":{"x":1},"b":0,"a":{"x":1.0}}""", """{"b":-0,"a":{"x":1}}""", true], ["""{"\u0061":1}""", """{"a":1}""", true],
        ["""{"a":1,"\u0061":2}""", """{"a":2}""", true], ["\"\\u00e4\\/\"", "\"ä/\"", true], ["\"\\ud83d\\ude00\"", "\"😀\"", true],
        ["\"a\u0308\"", "\"ä\"", false], ["\"1\"", "1", false], ["[]", "{}", false], ["[1,[2]]", "[[1],2]", false], ["[1,2]", "[2,1]", false],
        ["""["a","b"]""", """["ab",""]""", false], ["null", "false", false], ["[null]", "[]", false], ["""{"a":null}""", "{}", false], ["\"\"", "null", false],
        ["""{"a":"b"}""", """["a","b"]""", false], [" [ 1 ]\n", "[1]", true], ["""{"B":1,"a":1,"aa":1}""", """{"aa":1,"a":1,"B":1}""", true],
    ];

    [TestMethod]
    [DynamicData(nameof(Pairs))]
    public async Task A_pair_is_one_to_us_as_it_is_to_the_server(string left, string right, bool equal)
    {
        Assert.AreEqual(equal, (await AreEqualOnServerAsync([left], [right])).Single(), "the server");
        Assert.AreEqual(equal, Hash(left) == Hash(right));
    }

    [TestMethod]
    public async Task Any_two_documents_are_one_to_us_exactly_when_they_are_to_the_server()
    {
        var random = new Random(Seed);
        var left = Enumerable.Range(0, 6_000).Select(_ => Document(random, 3)).ToArray();
        var right = left.Select((document, i) => i % 3 == 0 ? Document(random, 3) : Respell(random, document)).ToArray();

        var theirs = await AreEqualOnServerAsync(left, right);
        var ours = left.Zip(right, (one, other) => Hash(one) == Hash(other)).ToArray();

        Assert.IsGreaterThan(1_000, ours.Count(same => same));
        Assert.IsGreaterThan(1_000, ours.Count(same => !same));
        Assert.AreEqual("", string.Join('\n', Enumerable.Range(0, left.Length).Where(i => ours[i] != theirs[i]).Take(10).Select(i => $"{left[i]} | {right[i]}: server {theirs[i]}")));
    }

    [TestMethod]
    public async Task A_document_read_back_from_the_server_has_the_hash_it_had()
    {
        var random = new Random(Seed + 1);
        var documents = Enumerable.Range(0, 3_000).Select(_ => Document(random, 4))
            .Append("1e131071").Append("1e-16383").Append($"[{new string('9', 5_000)}.{new string('1', 5_000)}]")
            .Append(string.Concat(Enumerable.Repeat("[", 900)) + string.Concat(Enumerable.Repeat("]", 900))).ToArray();
        await using var connection = await RawSql.ConnectAsync((await TestServer.GetAsync()).ConnectionString);

        var back = await connection.ColumnAsync<string>(
            "SELECT document::jsonb::text FROM unnest($1) WITH ORDINALITY AS given (document, place) ORDER BY place", [documents]);

        for (var i = 0; i < documents.Length; i++)
        {
            Assert.AreEqual(Hash(documents[i]), Hash(back[i]), documents[i].Length < 200 ? documents[i] : "a long one");
        }
    }

    [TestMethod]
    public void An_absent_document_is_not_null_and_what_is_no_json_is_taken_as_it_stands()
    {
        Assert.IsNull(CanonicalJson.Hash(null));
        Assert.IsNotNull(Hash("null"));
        Assert.AreEqual(Foreign("{broken"), Foreign("{broken"));
        Assert.AreNotEqual(Foreign("{broken"), Foreign("{broken "));
        Assert.AreNotEqual(Foreign("\"\\ud800\""), Foreign("\"\\ud801\""));
        Assert.AreNotEqual(Foreign("1e99999999999999999999"), Foreign("1e99999999999999999998"));
        Assert.AreEqual(Foreign("1e9223372036854775806"), Foreign("1e9223372036854775806"));
    }

    private static UInt128? Hash(string document) => CanonicalJson.Hash(EventJson.Parse(document));

    private static UInt128? Foreign(string text) => CanonicalJson.Hash(EventJson.Trusted(Encoding.UTF8.GetBytes(text)));

    private static async Task<List<bool>> AreEqualOnServerAsync(string[] left, string[] right)
    {
        await using var connection = await RawSql.ConnectAsync((await TestServer.GetAsync()).ConnectionString);
        return await connection.ColumnAsync<bool>(
            "SELECT a::jsonb = b::jsonb FROM unnest($1, $2) WITH ORDINALITY AS given (a, b, place) ORDER BY place", left, right);
    }

    /// <summary>Of few keys and values, so that equal ones are met and keys are given twice.</summary>
    private static string Document(Random random, int depth) => random.Next(depth > 0 ? 6 : 4) switch
    {
        0 => random.GetItems(["null", "true", "false"], 1)[0],
        1 => Text(random),
        2 or 3 => Number(random),
        4 => $"[{string.Join(',', Enumerable.Range(0, random.Next(3)).Select(_ => Document(random, depth - 1)))}]",
        _ => $"{{{string.Join(", ", Enumerable.Range(0, random.Next(4)).Select(_ => $"{Text(random)}:{Document(random, depth - 1)}"))}}}",
    };

    private static string Text(Random random) =>
        random.GetItems(["\"\"", "\"a\"", "\"\\u0061\"", "\"ä\"", "\"\\u00e4\"", "\"a\\n\"", "\"\\u000a\"", "\"😀\"", "\"\\ud83d\\uDE00\"", "\"b/\"", "\"b\\/\""], 1)[0];

    private static string Number(Random random)
    {
        var digits = random.GetItems(["0", "1", "10", "12", "100", "120", "12345678901234567890"], 1)[0];
        var fraction = random.GetItems(["", "", ".0", ".5", ".50", ".05", ".120"], 1)[0];
        var exponent = random.GetItems(["", "", "e0", "e1", "E+2", "e-1", "e-2", "e020"], 1)[0];
        return (random.Next(3) == 0 ? "-" : "") + digits + fraction + exponent;
    }

    /// <summary>Nearly the same: other spellings of the same, and now and then something else.</summary>
    private static string Respell(Random random, string document)
    {
        (string From, string To)[] spellings =
        [
            ("1", "1.0"), ("\"a\"", "\"\\u0061\""), ("\"ä\"", "\"\\u00E4\""), (",", " ,\n"), ("100", "1e2"), (".5", ".500"), ("0", "-0"), ("12", "21"), ("true", "false"),
        ];
        var (from, to) = spellings[random.Next(spellings.Length)];
        var at = document.IndexOf(from, StringComparison.Ordinal);
        var changed = at < 0 ? document : string.Create(CultureInfo.InvariantCulture, $"{document[..at]}{to}{document[(at + from.Length)..]}");
        try
        {
            return EventJson.Parse(changed).ToString();
        }
        catch (InvalidInputException)
        {
            return document;
        }
    }
}
