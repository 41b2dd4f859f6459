using Npgsql;

namespace SyncKit.EfStore.Reading;

/// <summary>Reads <c>created_at</c>. Other programs may store times no date of .NET can hold; one such row must not stop every reader.</summary>
internal static class Timestamps
{
    private static readonly long Epoch = new DateTime(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc).Ticks;

    /// <summary>Null for NULL; the first or last instant of .NET for what is beyond it, infinity included.</summary>
    internal static DateTimeOffset? Read(NpgsqlDataReader reader, int ordinal)
    {
        if (reader.IsDBNull(ordinal))
        {
            return null;
        }

        // On the wire: microseconds since 2000, in UTC.
        var microseconds = Math.Clamp(
            reader.GetFieldValue<long>(ordinal),
            -Epoch / TimeSpan.TicksPerMicrosecond,
            (DateTime.MaxValue.Ticks - Epoch) / TimeSpan.TicksPerMicrosecond);
        return new DateTimeOffset(Epoch + (microseconds * TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);
    }
}
