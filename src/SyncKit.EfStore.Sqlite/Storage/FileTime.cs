using System.Globalization;
using System.Text.RegularExpressions;

namespace SyncKit.EfStore.Sqlite.Storage;

/// <summary>
/// <c>created_at</c> as it stands in a file: text as SQLite's CURRENT_TIMESTAMP, as Go's drivers write times, or RFC 3339; a number as Go's
/// driver reads one. What is none of these is null: one such row must not stop every reader.
/// </summary>
internal static partial class FileTime
{
    private const int Micros = 6;

    // Go's driver (mattn/go-sqlite3) takes integers beyond this for milliseconds since 1970, others for seconds.
    private const long MillisecondsBeyond = 1_000_000_000_000;

    // SQLite, "Date And Time Functions": a REAL is a Julian day number, good for milliseconds.
    private const double JulianDayOfEpoch = 2_440_587.5;

    /// <summary>As Go's driver writes it, which SQLite's own date functions read too.</summary>
    internal static string Format(DateTimeOffset time) =>
        time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss.ffffff'+00:00'", CultureInfo.InvariantCulture);

    /// <summary>The instant in UTC, cut to microseconds.</summary>
    internal static DateTimeOffset? Read(object? value) => value switch
    {
        string text => Parse(text),
        long number => FromUnix(number is > MillisecondsBeyond or < -MillisecondsBeyond ? number / 1e3m : number),
        double days when Math.Abs(days) < 1e8 => FromUnix((decimal)Math.Round((days - JulianDayOfEpoch) * TimeSpan.MillisecondsPerDay) / 1e3m),
        _ => null,
    };

    private static DateTimeOffset? Parse(string text)
    {
        var match = Form().Match(text);
        if (!match.Success
            || !DateTime.TryParseExact(
                match.Groups["date"].Value + (match.Groups["time"] is { Success: true } time ? time.Value : "00:00"),
                ["yyyy-MM-ddHH:mm", "yyyy-MM-ddHH:mm:ss"],
                CultureInfo.InvariantCulture,
                DateTimeStyles.None,
                out var local))
        {
            return null;
        }

        var fraction = match.Groups["fraction"].Value.PadRight(Micros, '0')[..Micros];
        var ticks = local.Ticks + (long.Parse(fraction, CultureInfo.InvariantCulture) * TimeSpan.TicksPerMicrosecond) - Offset(match.Groups["zone"].Value);
        return FromTicks(ticks);
    }

    /// <param name="zone"><c>+hh:mm</c>, <c>+hhmm</c>, <c>Z</c> or nothing.</param>
    private static long Offset(string zone)
    {
        if (zone is "" or "Z" or "z")
        {
            return 0;
        }

        var minutes = (int.Parse(zone.AsSpan(1, 2), CultureInfo.InvariantCulture) * 60) + int.Parse(zone.AsSpan(zone.Length - 2), CultureInfo.InvariantCulture);
        return (zone[0] == '-' ? -minutes : minutes) * TimeSpan.TicksPerMinute;
    }

    private static DateTimeOffset? FromUnix(decimal seconds) =>
        Math.Abs(seconds) < 1e12m
            ? FromTicks(DateTime.UnixEpoch.Ticks + ((long)Math.Floor(seconds * TimeSpan.MicrosecondsPerSecond) * TimeSpan.TicksPerMicrosecond))
            : null;

    private static DateTimeOffset? FromTicks(long ticks) =>
        ticks >= 0 && ticks <= DateTime.MaxValue.Ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    // Behind the zone, Go's Time.String() says its name and the monotonic clock: "2024-01-02 03:04:05.123 +0000 UTC m=+0.5".
    [GeneratedRegex(
        """
        ^\s*(?<date>[0-9]{4}-[0-9]{2}-[0-9]{2})
        ([T\ ](?<time>[0-9]{2}:[0-9]{2}(:[0-9]{2})?)([.,](?<fraction>[0-9]+))?
        (\ ?(?<zone>Z|z|[+-][0-9]{2}:?[0-9]{2})(\ [A-Za-z0-9+-]+)?(\ m=[+-][0-9.]+)?)?)?\s*$
        """,
        RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
