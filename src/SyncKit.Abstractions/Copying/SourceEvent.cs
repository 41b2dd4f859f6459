using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace SyncKit;

/// <summary>
/// An event as it stands in a log that is copied or compared. Nothing about it is checked: another program may have stored it. Immutable.
/// </summary>
/// <param name="Version">Its place in its log; below 1 only in a file in which another program chose it.</param>
/// <param name="Id">Its id.</param>
/// <param name="AggregateId">The stream it belongs to.</param>
/// <param name="EventType">What happened.</param>
/// <param name="Data">The bytes of the facts, which may be no JSON; null where SQL NULL is stored.</param>
/// <param name="Metadata">The bytes of what is known besides, which may be no JSON; null where SQL NULL is stored.</param>
/// <param name="CreatedAt">When, in UTC, cut to microseconds; null where SQL NULL is stored.</param>
public sealed record SourceEvent(
    long Version,
    string Id,
    string AggregateId,
    string EventType,
    EventJson? Data,
    EventJson? Metadata,
    DateTimeOffset? CreatedAt)
{
    /// <summary>The node on which the event was first stored, as go-sync-kit's files may say; null where nothing is said.</summary>
    public string? OriginNode { get; init; }

    /// <summary>The place among the events of that node; null where nothing is said.</summary>
    public long? OriginCounter { get; init; }

    /// <summary>
    /// Why the values above are not what is stored, as a sentence: text that is not UTF-8, a time that is none. Null where they are what is stored.
    /// </summary>
    public string? Fault { get; init; }

    /// <summary>How large its documents are, in bytes of UTF-8.</summary>
    internal int JsonBytes => (Data?.Utf8.Length ?? 0) + (Metadata?.Utf8.Length ?? 0);

    /// <summary>
    /// Tells this event in this place from every other: 64 hexadecimal digits (SHA-256 of version, id, aggregate id, type and time). Of the first
    /// event of a log it names the log, wherever the log is moved, as long as it keeps its versions; erasing the event's content does not change it.
    /// </summary>
    public string Fingerprint()
    {
        var text = new StringBuilder()
            .Append(CultureInfo.InvariantCulture, $"{Version} {CreatedAt?.UtcTicks} {Id.Length} {AggregateId.Length} {EventType.Length} ")
            .Append(Id).Append(AggregateId).Append(EventType);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }
}
