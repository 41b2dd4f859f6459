using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Npgsql;

namespace SyncKit.EfStore.Tests.Abstractions;

/// <summary>
/// What <see cref="EventJson"/> takes is exactly what the server's jsonb takes: one document the server refuses would fail a whole
/// group of appends, and one we refuse in vain is a user's event lost.
/// </summary>
[TestClass]
public sealed partial class JsonServerAgreementTests
{
    private const int Seed = 20_261_123;

    public static IEnumerable<object[]> Boundaries =>
    [
        ["1e131071", true], ["1e131072", false],
        ["-1e131071", true], ["-1e131072", false],
        ["9.99e131071", true], ["9.99e131072", false],
        ["0.1e131072", true], ["0.1e131073", false],
        ["0.001e131074", true], ["0.001e131075", false],
        ["10e131070", true], ["10e131071", false],
        ["1e-16383", true], ["1e-16384", false],
        ["1.5e-16382", true], ["1.5e-16383", false],
        ["10e-16383", true], ["10e-16384", false],
        ["0e200000", true], ["0e-16383", true], ["0e-16384", false], ["0e-20000", false], ["0.0e-16382", true], ["0.0e-16383", false],
        ["0e1073741822", true], ["0e1073741824", false], ["0e-1073741822", false],
        ["0e99999999999", false], ["0e999999999999999999999999", false], ["1e-99999999999", false], ["1e-9223372036854775808", false], ["1e-9223372036854775808", false],
        ["1e+0000000000000000000000000131071", true], ["1E131071", true], ["1E+131071", true],
        [new string('9', 131_072), true], [new string('9', 131_073), false],
        ["1" + new string('0', 131_071), true], ["1" + new string('0', 131_072), false],
        ["0." + new string('1', 16_383), true], ["0." + new string('1', 16_384), false],
        [new string('9', 131_072) + "." + new string('9', 16_383), true],
        ["0." + new string('0', 16_383), true], ["0." + new string('0', 16_384), false],
        ["0." + new string('0', 20_000) + "e10000", true],
        [new string('1', 140_000) + "e-10000", true],
        ["-0", true], ["-0.0e-0", true], ["-0e0", true],
    ];

    [TestMethod]
    [DynamicData(nameof(Boundaries), DynamicDataDisplayName = nameof(BoundaryName))]
    public async Task A_number_at_a_bound_is_judged_as_the_server_judges_it(string number, bool taken)
    {
        await using var server = await JsonbServer.ConnectAsync();

        Assert.AreEqual(taken, await server.TakesAsync(number), "the server");
        Assert.AreEqual(taken, WeTake(number), "EventJson");
        Assert.AreEqual(taken, WeTake($"{{\"n\": [{number}]}}"), "EventJson, nested");
    }

    [TestMethod]
    public async Task The_one_number_that_only_newer_servers_take_is_refused()
    {
        await using var server = await JsonbServer.ConnectAsync();

        Assert.AreEqual(server.Major >= 16, await server.TakesAsync("0e1073741823"));
        Assert.IsFalse(WeTake("0e1073741823"));
    }

    public static string BoundaryName(System.Reflection.MethodInfo method, object[] data) =>
        $"{Shorten((string)data[0])} {((bool)data[1] ? "passes" : "is refused")}";

    [TestMethod]
    public Task Odd_numbers_are_judged_as_the_server_judges_them()
    {
        var random = new Random(Seed);
        return AssertAgreementAsync([.. Enumerable.Range(0, 3_000).Select(_ => OddNumber(random))], mixed: true);
    }

    [TestMethod]
    public Task Odd_texts_are_judged_as_the_server_judges_them()
    {
        var random = new Random(Seed);
        string[] parts =
        [
            "a", "é", "😀", "\u007f", "\ufffe", "\u2028", "\\\\", "\\\"", "\\n", "\\/", "\\u0041", "\\u0000", "\\ud800", "\\udbff", "\\udc00",
            "\\uDFFF", "u0000", "\\u00", "\\x", "\n", "\u0001",
        ];
        return AssertAgreementAsync(
            [.. Enumerable.Range(0, 3_000).Select(_ => "\"" + string.Concat(random.GetItems(parts, random.Next(1, 6))) + "\"")], mixed: true);
    }

    [TestMethod]
    public Task Odd_documents_are_judged_as_the_server_judges_them()
    {
        var random = new Random(Seed);
        string[] parts =
        [
            "{", "}", "[", "]", ":", ",", "\"a\"", "\"\"", "1", "-1.5e3", "0", "01", "true", "null", "nulL", " ", "\t", "\n", "\r", "\u00a0", "\f",
        ];
        string[] documents = ["{\"a\":1,\"b\":[true,null]}", "[[],{},\"\"]", "{\"a\":{\"a\":{}}}", " 1 ", "[1,2]"];
        return AssertAgreementAsync(
            [
                .. Enumerable.Range(0, 1_500).Select(_ => string.Concat(random.GetItems(parts, random.Next(1, 8)))),
                .. Enumerable.Range(0, 1_500).Select(_ =>
                {
                    var document = documents[random.Next(documents.Length)];
                    var at = random.Next(document.Length + 1);
                    var cut = random.Next(document.Length - at + 1) / 3;
                    return document[..at] + (random.Next(2) == 0 ? parts[random.Next(parts.Length)] : "") + document[(at + cut)..];
                }),
            ],
            mixed: true);
    }

    private static async Task AssertAgreementAsync(string[] documents, bool mixed)
    {
        await using var server = await JsonbServer.ConnectAsync();
        var theirs = await server.TakesAsync(documents);
        var ours = documents.Select(WeTake).ToList();

        var disagreements = documents.Zip(theirs, ours)
            .Where(judged => judged.Second != judged.Third && !(server.Major >= 16 && OnlyNewerServersTakeIt().IsMatch(judged.First)))
            .Select(judged => $"{Shorten(judged.First)}: server {judged.Second}, EventJson {judged.Third}");
        Assert.AreEqual("", string.Join('\n', disagreements.Take(20)));

        // Neither side may be idle, or the test shows nothing.
        Assert.AreEqual(mixed, ours.Contains(true) && ours.Contains(false));
    }

    private static string OddNumber(Random random)
    {
        var number = new StringBuilder(random.Next(3) == 0 ? "-" : "");
        var zero = random.Next(3) == 0;
        number.Append(zero ? "0" : Digits(Pick(1, 2, 5, 131_070, 131_072, 131_073), leadingZero: false));
        if (random.Next(2) == 0)
        {
            number.Append('.').Append(random.Next(3) == 0 ? new string('0', Pick(1, 3, 8, 16_383)) : "").Append(Digits(Pick(1, 2, 4, 16_380), leadingZero: true));
        }

        if (random.Next(4) != 0)
        {
            int[] centres = [0, 5, 16_383, 114_688, 131_072, 200_000, 1_073_741_823, int.MaxValue];
            var exponent = Math.Max(0L, centres[random.Next(centres.Length)] + (long)random.Next(-4, 5));
            number.Append(random.Next(2) == 0 ? 'e' : 'E').Append(((string[])["", "+", "-"])[random.Next(3)])
                .Append(random.Next(8) == 0 ? "000" : "").Append(exponent.ToString(CultureInfo.InvariantCulture));
        }

        return number.ToString();

        // Long ones are rare: each costs the server a millisecond.
        int Pick(params ReadOnlySpan<int> lengths) => random.Next(12) == 0 ? lengths[random.Next(lengths.Length)] : lengths[random.Next(3)];

        string Digits(int count, bool leadingZero) =>
            string.Create(count, leadingZero, (span, zeroFirst) =>
            {
                for (var i = 0; i < span.Length; i++)
                {
                    span[i] = (char)('0' + random.Next(i == 0 && !zeroFirst ? 1 : 0, 10));
                }
            });
    }

    private static bool WeTake(string document)
    {
        try
        {
            EventJson.Parse(document);
            return true;
        }
        catch (InvalidInputException)
        {
            return false;
        }
    }

    [GeneratedRegex("^-?0(\\.0+)?[eE][+]?0*1073741823$")]
    private static partial Regex OnlyNewerServersTakeIt();

    private static string Shorten(string document) =>
        document.Length <= 60 ? document : $"{document[..20]}…{document[^20..]} ({document.Length} characters)";

    private sealed class JsonbServer(NpgsqlConnection connection) : IAsyncDisposable
    {
        internal int Major => connection.PostgreSqlVersion.Major;

        internal static async Task<JsonbServer> ConnectAsync()
        {
            var server = await TestServer.GetAsync();
            var connection = await RawSql.ConnectAsync(server.ConnectionString);
            await connection.RunAsync("""
                CREATE FUNCTION pg_temp.takes(document TEXT) RETURNS BOOLEAN LANGUAGE plpgsql AS $$
                BEGIN
                    PERFORM document::jsonb;
                    RETURN true;
                EXCEPTION WHEN others THEN
                    RETURN false;
                END
                $$
                """);
            return new JsonbServer(connection);
        }

        internal async Task<bool> TakesAsync(string document) => (await TakesAsync([document]))[0];

        internal Task<List<bool>> TakesAsync(string[] documents) =>
            connection.ColumnAsync<bool>(
                "SELECT pg_temp.takes(document) FROM unnest($1) WITH ORDINALITY AS given (document, place) ORDER BY place", [documents]);

        public ValueTask DisposeAsync() => connection.DisposeAsync();
    }
}
