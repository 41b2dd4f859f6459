namespace SyncKit.EfStore.Cli.Stats;

/// <summary>Bytes on the server's disk.</summary>
internal sealed record LogSizes(long Table, long Toast, IReadOnlyList<(string Name, long Bytes)> Indexes)
{
    internal long AllIndexes => Indexes.Sum(index => index.Bytes);

    internal long Total => Table + Toast + AllIndexes;
}
