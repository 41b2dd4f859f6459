namespace SyncKit.EfStore.Cli.Printing;

/// <summary>How far an import is, by the place in its input where the length of that is known.</summary>
internal sealed class ImportProgressBar(FileStream? file, TimeProvider time) : IProgress<ImportProgress>
{
    // When a batch is stored, the input is read to the end of the second after it.
    private const int BatchesAhead = 2;

    private readonly long _length = file is { CanSeek: true } ? file.Length : 0;
    private readonly ProgressBar _bar = new("importing", "events", endKnown: file is { CanSeek: true, Length: > 0 }, time);
    private readonly Queue<long> _positions = [];

    /// <summary>The last report.</summary>
    internal ImportProgress Last { get; private set; } = new(0, 0);

    internal Task<T> ShowAsync<T>(Func<Task<T>> work) => _bar.ShowAsync(work);

    public void Report(ImportProgress value)
    {
        Last = value;
        double? share = null;
        if (_length > 0)
        {
            _positions.Enqueue(file!.Position);
            if (_positions.Count > BatchesAhead)
            {
                share = (double)_positions.Dequeue() / _length;
            }
        }

        _bar.Report(value.Stored + value.Skipped, share);
    }
}
