using SyncKit.EfStore.Sqlite;

namespace SyncKit.EfStore.Cli.Printing;

/// <summary>How far a copy is.</summary>
internal sealed class CopyProgressBar(string doing, TimeProvider time) : IProgress<EventCopyProgress>
{
    private readonly ProgressBar _bar = new(doing, "events", endKnown: true, time);

    /// <summary>The last report.</summary>
    internal EventCopyProgress Last { get; private set; } = new(0, 0, 0, 0, 0);

    internal Task<T> ShowAsync<T>(Func<Task<T>> work) => _bar.ShowAsync(work);

    public void Report(EventCopyProgress value)
    {
        Last = value;
        _bar.Report(value.Done, (double)value.Done / Math.Max(1, value.Total));
    }
}
