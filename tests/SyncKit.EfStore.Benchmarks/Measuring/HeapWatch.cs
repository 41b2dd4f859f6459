using SyncKit.EfStore.Sqlite;

namespace SyncKit.EfStore.Benchmarks.Measuring;

/// <summary>Collects fully at each report of progress, and keeps the highest live heap above that of the beginning.</summary>
internal sealed class HeapWatch : IProgress<ImportProgress>, IProgress<EventCopyProgress>
{
    /// <summary>Less than this says nothing: it is what a few buffers more or less take.</summary>
    internal const long Floor = 4 * 1024 * 1024;

    private const double Megabyte = 1024 * 1024;
    private readonly long _before = GC.GetTotalMemory(forceFullCollection: true);
    private long _highest = Floor;

    internal double HighestMegabytes => Interlocked.Read(ref _highest) / Megabyte;

    public void Report(ImportProgress value) => Look();

    public void Report(EventCopyProgress value) => Look();

    private void Look() =>
        Interlocked.Exchange(ref _highest, Math.Max(Interlocked.Read(ref _highest), GC.GetTotalMemory(forceFullCollection: true) - _before));
}
