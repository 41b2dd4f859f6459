using System.Buffers;

namespace SyncKit.EfStore.Cli.Printing;

/// <summary>JSON Lines.</summary>
internal sealed class JsonPrinter<T>(Action<IBufferWriter<byte>, T> write) : IPrinter<T>
{
    private readonly LineOutput _output = new();

    public async ValueTask PrintAsync(T item, CancellationToken cancellationToken)
    {
        write(_output.Buffer, item);
        if (_output.IsFull)
        {
            await _output.FlushAsync(cancellationToken);
        }
    }

    public Task FlushAsync(CancellationToken cancellationToken) => _output.FlushAsync(cancellationToken);

    public ValueTask DisposeAsync() => _output.DisposeAsync();
}
