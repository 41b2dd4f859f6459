using SyncKit.EfStore.Benchmarks.Contenders;

namespace SyncKit.EfStore.Benchmarks.Signals;

/// <summary>Two appenders to one table: the one that is listened to, and the one that is not, whichever <see cref="Collecting.IsOn"/> asks for.</summary>
internal sealed class Switched<T>(Collecting collecting, IAppender<T> listenedTo, IAppender<T> alone) : IAppender<T>
{
    public Task AppendAsync(int caller, T what) => (collecting.IsOn ? listenedTo : alone).AppendAsync(caller, what);

    public async ValueTask DisposeAsync()
    {
        await listenedTo.DisposeAsync();
        await alone.DisposeAsync();
    }
}
