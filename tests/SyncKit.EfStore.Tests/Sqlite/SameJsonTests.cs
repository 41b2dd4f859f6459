using System.Globalization;
using SyncKit.EfStore.Sqlite.Appending;

namespace SyncKit.EfStore.Tests.Sqlite;

/// <summary>Two documents are one here exactly where PostgreSQL's jsonb says so: a repeated append must not be judged differently by two stores.</summary>
[TestClass]
public sealed class SameJsonTests
{
    [TestMethod]
    public async Task Documents_are_compared_as_the_server_compares_jsonb()
    {
        const int pairs = 4_000;
        var random = new Random(20_261_123);
        var (left, right) = (new string[pairs], new string[pairs]);
        for (var i = 0; i < pairs; i++)
        {
            var same = new Random(random.Next());
            var seed = same.Next();
            left[i] = Document(new Random(seed), depth: 3);
            right[i] = random.Next(3) == 0 ? Document(random, depth: 3) : Respell(Document(new Random(seed), depth: 3), random);
        }

        await using var connection = await RawSql.ConnectAsync((await TestServer.GetAsync()).ConnectionString);
        var theirs = await connection.ColumnAsync<bool>(
            """
            SELECT one::jsonb = other::jsonb FROM unnest($1, $2) WITH ORDINALITY AS pairs (one, other, place) ORDER BY place
            """,
            left,
            right);
        var ours = left.Zip(right, (one, other) => SameJson.IsSame(EventJson.Parse(one), EventJson.Parse(other))).ToList();

        Assert.AreEqual("", string.Join('\n', Enumerable.Range(0, pairs).Where(i => ours[i] != theirs[i]).Take(10).Select(i => $"{left[i]} and {right[i]}: server {theirs[i]}")));
        Assert.IsGreaterThan(pairs / 10, ours.Count(same => same), "hardly any are the same");
        Assert.IsGreaterThan(pairs / 10, ours.Count(same => !same), "hardly any differ");
    }

    [TestMethod]
    public void A_stored_text_that_is_no_json_is_the_same_as_nothing_but_itself()
    {
        var broken = EventJson.Trusted("{\"a\":"u8.ToArray());
        var beyond = EventJson.Trusted("1e99999999999"u8.ToArray());

        Assert.IsFalse(SameJson.IsSame(broken, EventJson.Parse("{}")));
        Assert.IsFalse(SameJson.IsSameMetadata(broken, null));
        Assert.IsTrue(SameJson.IsSame(broken, EventJson.Trusted("{\"a\":"u8.ToArray())));
        Assert.IsFalse(SameJson.IsSame(beyond, EventJson.Parse("1")));
        Assert.IsFalse(SameJson.IsSame(EventJson.Trusted("\"\\ud800\""u8.ToArray()), EventJson.Parse("\"a\"")));
    }

    private static string Document(Random random, int depth) => random.Next(depth > 0 ? 8 : 5) switch
    {
        0 => ((string[])["null", "true", "false", "\"\"", "\"a\"", "\"A\"", "\"ä\"", "\"a\\u0308\""])[random.Next(8)],
        1 => random.Next(-2, 3).ToString(CultureInfo.InvariantCulture),
        2 => random.Next(0, 3).ToString(CultureInfo.InvariantCulture) + ((string[])[".0", ".10", "e1", "E-1", ".5e+1", "e0"])[random.Next(6)],
        3 => ((string[])["-0", "0", "0.0", "100", "1e2", "0.1e3", "1" + new string('0', 30), "1e30", "1" + new string('0', 29) + "1"])[random.Next(9)],
        4 => $"\"{(char)random.Next('a', 'd')}\"",
        5 => "[" + string.Join(',', Enumerable.Range(0, random.Next(3)).Select(_ => Document(random, depth - 1))) + "]",
        _ => "{" + string.Join(',', Enumerable.Range(0, random.Next(4)).Select(_ => $"\"{(char)random.Next('a', 'd')}\":{Document(random, depth - 1)}")) + "}",
    };

    /// <summary>Mostly the same said otherwise; sometimes something else.</summary>
    private static string Respell(string document, Random random) => random.Next(6) switch
    {
        0 => " " + document.Replace(",", " ,\n", StringComparison.Ordinal),
        1 => document.Replace("\"a\"", "\"\\u0061\"", StringComparison.Ordinal),
        2 => document.Replace("1e2", "100", StringComparison.Ordinal).Replace(".10", ".1", StringComparison.Ordinal),
        3 => document.Replace("\"b\":", "\"c\":", StringComparison.Ordinal),
        4 => document.Replace("-0", "0", StringComparison.Ordinal).Replace("1e30", "1" + new string('0', 30), StringComparison.Ordinal),
        _ => document.Replace("1", "2", StringComparison.Ordinal).Replace("02", "01", StringComparison.Ordinal),
    };
}
