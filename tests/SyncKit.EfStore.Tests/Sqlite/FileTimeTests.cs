using System.Globalization;
using SyncKit.EfStore.Sqlite.Storage;

namespace SyncKit.EfStore.Tests.Sqlite;

[TestClass]
public sealed class FileTimeTests
{
    [TestMethod]
    [DataRow("2024-01-02 03:04:05", "2024-01-02 03:04:05.000000")]
    [DataRow("2024-01-02 03:04", "2024-01-02 03:04:00.000000")]
    [DataRow("2024-01-02", "2024-01-02 00:00:00.000000")]
    [DataRow("2024-01-02T03:04:05", "2024-01-02 03:04:05.000000")]
    [DataRow("2024-01-02T03:04:05Z", "2024-01-02 03:04:05.000000")]
    [DataRow("2024-01-02 03:04:05Z", "2024-01-02 03:04:05.000000")]
    [DataRow("2024-01-02 03:04:05.1", "2024-01-02 03:04:05.100000")]
    [DataRow("2024-01-02 03:04:05.123456789", "2024-01-02 03:04:05.123456")]
    [DataRow("2024-01-02 03:04:05.999999999+00:00", "2024-01-02 03:04:05.999999")]
    [DataRow("2024-01-02 03:04:05.5+05:30", "2024-01-01 21:34:05.500000")]
    [DataRow("2024-01-02T03:04:05.5-0930", "2024-01-02 12:34:05.500000")]
    [DataRow("2024-01-02 03:04:05.123 +0000 UTC", "2024-01-02 03:04:05.123000")]
    [DataRow("2024-01-02 03:04:05.123456789 +0000 UTC m=+0.000012345", "2024-01-02 03:04:05.123456")]
    [DataRow("2024-01-02 03:04:05 +0100 CET m=-7.5", "2024-01-02 02:04:05.000000")]
    [DataRow("2024-01-02 03:04:05 +0300 +03", "2024-01-02 00:04:05.000000")]
    [DataRow(" 2024-01-02 03:04:05 ", "2024-01-02 03:04:05.000000")]
    [DataRow("0001-01-01 00:00:00+00:00", "0001-01-01 00:00:00.000000")]
    [DataRow("9999-12-31 23:59:59.999999+00:00", "9999-12-31 23:59:59.999999")]
    [DataRow(0L, "1970-01-01 00:00:00.000000")]
    [DataRow(1704164645L, "2024-01-02 03:04:05.000000")]
    [DataRow(-1L, "1969-12-31 23:59:59.000000")]
    [DataRow(1704164645123L, "2024-01-02 03:04:05.123000")]
    [DataRow(2440587.5, "1970-01-01 00:00:00.000000")]
    [DataRow(2460311.627835648, "2024-01-02 03:04:05.000000")]
    public void A_time_is_read_in_utc_cut_to_microseconds(object stored, string expected)
    {
        var read = FileTime.Read(stored);

        Assert.AreEqual(expected, read?.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture));
        Assert.AreEqual(TimeSpan.Zero, read!.Value.Offset);
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("now")]
    [DataRow("yesterday at 3")]
    [DataRow("2024-13-01 00:00:00")]
    [DataRow("2023-02-29")]
    [DataRow("2024-01-02 24:00:00")]
    [DataRow("2024-01-02 03:04:60")]
    [DataRow("2024-1-2 03:04:05")]
    [DataRow("03:04:05")]
    [DataRow("2024-01-02 03:04:05 and more than that")]
    [DataRow("2024-01-02 03:04:05.123+00:00; DROP TABLE events")]
    [DataRow("٢٠٢٤-01-02 03:04:05")]
    [DataRow("0001-01-01 00:00:00+01:00")]
    [DataRow("9999-12-31 23:59:59-01:00")]
    [DataRow(long.MaxValue)]
    [DataRow(long.MinValue)]
    [DataRow(double.NaN)]
    [DataRow(double.PositiveInfinity)]
    [DataRow(1e300)]
    [DataRow(-1e7)]
    [DataRow(null)]
    public void What_is_no_time_is_null(object? stored) => Assert.IsNull(FileTime.Read(stored));

    [TestMethod]
    public void What_is_written_is_read_back()
    {
        var random = new Random(20_261_123);
        for (var i = 0; i < 2_000; i++)
        {
            var time = new DateTimeOffset(random.NextInt64(DateTime.MaxValue.Ticks / TimeSpan.TicksPerMicrosecond) * TimeSpan.TicksPerMicrosecond, TimeSpan.Zero);

            Assert.AreEqual(time, FileTime.Read(FileTime.Format(time)));
        }
    }
}
