using System.Buffers;

namespace SyncKit.EfStore.Cli.Printing;

/// <summary>Collects lines and writes them out in large pieces, to stdout or to a stream that it then owns.</summary>
internal sealed class LineOutput(Stream? stream = null) : IAsyncDisposable
{
    private const int FlushBytes = 64 * 1024;

    private readonly Stream _stream = stream ?? StandardOutput.Open();
    private readonly ArrayBufferWriter<byte> _pending = new(2 * FlushBytes);

    internal IBufferWriter<byte> Buffer => _pending;

    /// <summary>Whether enough is collected to be worth a write.</summary>
    internal bool IsFull => _pending.WrittenCount >= FlushBytes;

    internal async Task FlushAsync(CancellationToken cancellationToken)
    {
        if (_pending.WrittenCount > 0)
        {
            await _stream.WriteAsync(_pending.WrittenMemory, cancellationToken);
            _pending.ResetWrittenCount();
        }
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();
}
