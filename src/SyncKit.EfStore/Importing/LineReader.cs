namespace SyncKit.EfStore.Importing;

/// <summary>
/// Splits a stream into lines without decoding them. LF or CRLF ends a line, the last one may end with the stream; a UTF-8 byte order
/// mark at the start is left out.
/// </summary>
internal sealed class LineReader(Stream stream, int maxLineBytes = LineReader.DefaultMaxLineBytes)
{
    internal const int DefaultMaxLineBytes = 64 * 1024 * 1024;
    private const int FirstBufferBytes = 256 * 1024;

    private byte[] _buffer = new byte[FirstBufferBytes];
    private int _start; // Of the line being looked for.
    private int _scanned; // No line end before this.
    private int _end; // Of what was read.
    private bool _streamEnded;

    /// <summary>The number of <see cref="Line"/>, from 1.</summary>
    internal long Number { get; private set; }

    /// <summary>Without its line end. Overwritten by the next read.</summary>
    internal ReadOnlyMemory<byte> Line { get; private set; }

    /// <summary>Moves to the next line.</summary>
    /// <returns>False at the end.</returns>
    internal async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var length = _buffer.AsSpan(_scanned, _end - _scanned).IndexOf((byte)'\n');
            if (length >= 0)
            {
                Take(_scanned + length, next: _scanned + length + 1);
                return true;
            }

            _scanned = _end;
            if (_streamEnded)
            {
                if (_start == _end)
                {
                    return false;
                }

                Take(_end, next: _end);
                return true;
            }

            await FillAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private void Take(int end, int next)
    {
        var line = _buffer.AsMemory(_start, end - _start);
        _start = _scanned = next;
        Number++;

        if (Number == 1 && line.Span.StartsWith("\uFEFF"u8))
        {
            line = line[3..];
        }

        if (line.Length > 0 && line.Span[^1] == '\r')
        {
            line = line[..^1];
        }

        Line = line.Length <= maxLineBytes ? line : throw TooLong();
    }

    private async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        var held = _end - _start;
        if (held > maxLineBytes + 4)
        {
            Number++;
            throw TooLong();
        }

        if (_end == _buffer.Length)
        {
            // Half full or less: move what is there to the front. Otherwise the line is long, and so must be the buffer.
            var target = held <= _buffer.Length / 2 ? _buffer : new byte[_buffer.Length * 2L];
            Buffer.BlockCopy(_buffer, _start, target, 0, held);
            _buffer = target;
            _scanned -= _start;
            _end = held;
            _start = 0;
        }

        var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
        _end += read;
        _streamEnded = read == 0;
    }

    private ImportException TooLong() => new(Number, $"The line must hold at most {maxLineBytes} bytes; it holds more.");
}
