using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace SyncKit.EfStore.Notifications;

/// <summary>
/// What has arrived and was not looked at yet. Bounded in number and in size, so that a flood of anything costs no more than this: what does
/// not fit is left out, and whoever reads must read the log instead. Any number of writers, one reader.
/// </summary>
internal sealed class NotificationInbox
{
    internal const int MaxCount = 65_536;

    // 32 MB. Payloads of ours are 300 characters; a foreign one may have 7,999.
    internal const int MaxChars = 16 * 1024 * 1024;

    private readonly Channel<(string Channel, string Payload)> _items =
        Channel.CreateBounded<(string, string)>(new BoundedChannelOptions(MaxCount) { SingleReader = true });

    private int _chars;

    /// <summary>Takes a notification; false where it does not fit. Never blocks.</summary>
    internal bool TryPost(string channel, string payload)
    {
        if (Interlocked.Add(ref _chars, payload.Length) <= MaxChars && _items.Writer.TryWrite((channel, payload)))
        {
            return true;
        }

        Interlocked.Add(ref _chars, -payload.Length);
        return false;
    }

    /// <summary>Whether every notification that said anything was taken.</summary>
    internal bool IsEmpty => Volatile.Read(ref _chars) == 0;

    /// <summary>Wakes the reader. Where it is full the reader is awake.</summary>
    internal void Wake() => _items.Writer.TryWrite(("", ""));

    /// <summary>Ends when there is something to read, or the reader was woken.</summary>
    internal ValueTask<bool> WaitAsync(CancellationToken cancellationToken) => _items.Reader.WaitToReadAsync(cancellationToken);

    /// <summary>The next notification; false where there is none.</summary>
    internal bool TryTake([NotNullWhen(true)] out string? channel, [NotNullWhen(true)] out string? payload)
    {
        while (_items.Reader.TryRead(out var item))
        {
            if (item.Channel.Length > 0)
            {
                Interlocked.Add(ref _chars, -item.Payload.Length);
                (channel, payload) = item;
                return true;
            }
        }

        (channel, payload) = (null, null);
        return false;
    }
}
