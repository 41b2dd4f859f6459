using System.Globalization;

namespace SyncKit.EfStore.Cli.Doctor;

/// <summary>How long something took or lasts, for people.</summary>
internal static class Spans
{
    internal static string Text(TimeSpan span)
    {
        var (value, unit) = span switch
        {
            { TotalSeconds: < 1 } => (span.TotalMilliseconds, "ms"),
            { TotalMinutes: < 2 } => (span.TotalSeconds, "s"),
            { TotalHours: < 2 } => (span.TotalMinutes, "min"),
            { TotalDays: < 2 } => (span.TotalHours, "h"),
            _ => (span.TotalDays, "days"),
        };
        return value.ToString(value < 10 ? "0.0" : "0", CultureInfo.InvariantCulture) + " " + unit;
    }
}
