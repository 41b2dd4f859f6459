using System.Globalization;
using System.Text;
using SyncKit.EfStore.Notifications;

namespace SyncKit.EfStore.Tests.Notifications;

[TestClass]
public sealed class ChannelNamesTests
{
    private static readonly string[] Ids =
    [
        "a",
        new('a', 55),
        new('a', 56), // 63 bytes with the prefix: the last that fits
        new('a', 57),
        new('a', 1_000),
        new('a', 1_024),
        new('é', 28), // 56 bytes
        new string('a', 55) + "é", // 57 bytes in 56 characters
        new string('a', 52) + "😀", // 56 bytes
        new string('a', 53) + "😀", // 57 bytes, cut within the emoji by whoever truncates
        string.Concat(Enumerable.Repeat("😀", 256)),
        "UPPER and lower",
        "with \"quotes\" and 'apostrophes'",
        "back\\slash",
        "; DROP TABLE events; --",
        "tab\tand\nline",
        "sha256_" + new string('0', 48),
        " ",
    ];

    [TestMethod]
    public async Task The_server_gives_each_stream_the_same_channel()
    {
        await using var database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        await using var connection = await RawSql.ConnectAsync(database.ConnectionString);

        foreach (var id in Ids)
        {
            Assert.AreEqual(
                await connection.ScalarAsync<string>("SELECT event_stream_channel('stream_' || $1)", id), ChannelNames.ForStream(id));
        }
    }

    [TestMethod]
    public async Task LISTEN_keeps_the_quoted_name_as_it_is()
    {
        await using var database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        await using var connection = await RawSql.ConnectAsync(database.ConnectionString);
        var names = Ids.Select(ChannelNames.ForStream).ToList();

        foreach (var name in names)
        {
            await connection.RunAsync("LISTEN " + ChannelNames.Quote(name));
        }

        CollectionAssert.AreEquivalent(names, await connection.ColumnAsync<string>("SELECT pg_listening_channels()"));
    }

    [TestMethod]
    public void Every_name_fits_and_no_two_long_streams_share_one()
    {
        var names = Enumerable.Range(0, 1_000)
            .Select(number => ChannelNames.ForStream(new string('x', 900) + number.ToString(CultureInfo.InvariantCulture)))
            .Concat(Ids.Select(ChannelNames.ForStream))
            .ToList();

        Assert.AreEqual(names.Count, names.Distinct().Count());
        Assert.IsLessThanOrEqualTo(63, names.Max(name => Encoding.UTF8.GetByteCount(name)));
    }
}
