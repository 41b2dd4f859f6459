using System.Collections.Concurrent;
using System.Globalization;

namespace SyncKit.EfStore.Tests.Sqlite.Mirroring;

/// <summary>Writers that append one event after another until they are stopped.</summary>
internal sealed class MirrorWriters : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _appended = new(0);
    private readonly Task[] _writers;

    internal MirrorWriters(IEventStore store, int count) =>
        _writers = [.. Enumerable.Range(0, count).Select(number => Task.Run(() => WriteAsync(store, string.Create(CultureInfo.InvariantCulture, $"w{number}"))))];

    internal ConcurrentQueue<Exception> Failures { get; } = [];

    internal ConcurrentQueue<string> Acknowledged { get; } = [];

    /// <summary>Ends once so many more events were acknowledged.</summary>
    internal async Task MoreAsync(int events)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (_appended.CurrentCount > 0 && await _appended.WaitAsync(0))
        {
        }

        for (var i = 0; i < events; i++)
        {
            await _appended.WaitAsync(patience.Token);
        }
    }

    internal async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_writers);
    }

    public void Dispose()
    {
        _stop.Dispose();
        _appended.Dispose();
    }

    private async Task WriteAsync(IEventStore store, string stream)
    {
        for (var number = 0; !_stop.IsCancellationRequested; number++)
        {
            var given = Sample.Event(stream, number);
            try
            {
                await store.AppendAsync([given], ExpectedVersion.Exactly(number));
                Acknowledged.Enqueue(given.Id);
                _appended.Release();
            }
            catch (Exception error)
            {
                Failures.Enqueue(error);
                return;
            }
        }
    }
}
