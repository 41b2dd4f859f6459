using SyncKit.EfStore.Sqlite;

namespace SyncKit.EfStore.Cli.Printing;

/// <summary>How far a comparison is.</summary>
internal sealed class VerifyProgressBar(TimeProvider time) : IProgress<VerifyProgress>
{
    private readonly ProgressBar _bar = new("comparing", "events", endKnown: true, time);

    internal Task<T> ShowAsync<T>(Func<Task<T>> work) => _bar.ShowAsync(work);

    public void Report(VerifyProgress value) => _bar.Report(value.Read, (double)value.At.Value / Math.Max(1, value.Last.Value));
}
