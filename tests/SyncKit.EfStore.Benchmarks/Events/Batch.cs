namespace SyncKit.EfStore.Benchmarks.Events;

/// <summary>Rows that are appended together.</summary>
internal sealed class Batch(IReadOnlyList<Row> rows)
{
    internal IReadOnlyList<Row> Rows { get; } = rows;

    internal EventData[] Events { get; } = [.. rows.Select(row => row.Event)];
}
