using System.Buffers.Binary;
using System.Text;

namespace SyncKit.EfStore.Testing;

/// <summary>
/// Follows what a server says on one connection, message by message, and knows when it says that a command is done. Understands protocol 3
/// in the clear only: after an agreed encryption it sees nothing. Not safe for several threads.
/// </summary>
internal sealed class AnswerScanner
{
    private const int HeaderLength = 5;
    private const byte CommandComplete = (byte)'C';
    private const int LongestTag = 64; // "INSERT 0 " and 20 digits is the longest there is.

    private readonly byte[] _head = new byte[HeaderLength + LongestTag];
    private int _headLength;
    private long _bodyLeft = -1; // -1: between messages, or within a header.
    private bool _begun;
    private bool _encrypted;

    /// <summary>Takes the next bytes.</summary>
    /// <returns>Whether a message ended in them that says a command with this tag is done.</returns>
    internal bool Read(ReadOnlySpan<byte> bytes, string? tag)
    {
        var found = false;
        while (bytes.Length > 0 && !_encrypted)
        {
            if (!_begun && _headLength == 0 && bytes[0] is not ((byte)'R' or (byte)'E' or (byte)'v'))
            {
                // The one-byte answer to a request for encryption, before the first message: N is no.
                _encrypted = bytes[0] != (byte)'N';
                bytes = bytes[1..];
                continue;
            }

            bytes = bytes[Take(bytes)..];
            if (_bodyLeft == 0)
            {
                found |= tag is not null && IsDone(tag);
                (_headLength, _bodyLeft, _begun) = (0, -1, true);
            }
        }

        return found;
    }

    /// <summary>Takes bytes of one message: its header first, then as much of its body as is there. Returns how many.</summary>
    private int Take(ReadOnlySpan<byte> bytes)
    {
        if (_bodyLeft < 0)
        {
            var header = Math.Min(HeaderLength - _headLength, bytes.Length);
            bytes[..header].CopyTo(_head.AsSpan(_headLength));
            _headLength += header;
            if (_headLength == HeaderLength)
            {
                // The length counts itself, four bytes, but not the type.
                _bodyLeft = Math.Max(0, BinaryPrimitives.ReadInt32BigEndian(_head.AsSpan(1)) - 4);
            }

            return header;
        }

        var taken = (int)Math.Min(_bodyLeft, bytes.Length);
        var kept = Math.Min(taken, _head.Length - _headLength);
        bytes[..kept].CopyTo(_head.AsSpan(_headLength));
        _headLength += kept;
        _bodyLeft -= taken;
        return taken;
    }

    private bool IsDone(string tag)
    {
        if (_head[0] != CommandComplete)
        {
            return false;
        }

        var said = Encoding.ASCII.GetString(_head.AsSpan(HeaderLength, _headLength - HeaderLength)).TrimEnd('\0');
        return said == tag || said.StartsWith(tag + ' ', StringComparison.Ordinal);
    }
}
