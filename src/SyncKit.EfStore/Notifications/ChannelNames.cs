using System.Security.Cryptography;
using System.Text;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Notifications;

/// <summary>The NOTIFY channel of a stream. Says the same as the SQL function <c>event_stream_channel</c>.</summary>
internal static class ChannelNames
{
    // NAMEDATALEN - 1. pg_notify raises past it; LISTEN cuts the name with only a notice, and then waits for nothing.
    private const int MaxBytes = 63;
    private const int HashDigits = 48;

    internal static string ForStream(string aggregateId)
    {
        var name = Encoding.UTF8.GetBytes(SchemaNames.StreamNamePrefix + aggregateId);
        return name.Length <= MaxBytes
            ? SchemaNames.StreamNamePrefix + aggregateId
            : SchemaNames.HashedChannelPrefix + Convert.ToHexStringLower(SHA256.HashData(name))[..HashDigits];
    }

    /// <summary>As an identifier in LISTEN, which takes no parameters and folds what is not quoted.</summary>
    internal static string Quote(string channel) => $"\"{channel.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
