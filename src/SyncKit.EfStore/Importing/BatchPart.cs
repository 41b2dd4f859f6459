namespace SyncKit.EfStore.Importing;

/// <summary>What one transaction copies: a batch, or some neighbours of it where the whole cannot go in.</summary>
/// <param name="Batch">The batch.</param>
/// <param name="From">The first of them.</param>
/// <param name="To">The one after the last.</param>
internal readonly record struct BatchPart(EventBatch Batch, int From, int To)
{
    internal int Count => To - From;

    internal NumberedEvent First => Batch[From];

    internal BatchPart FirstHalf => this with { To = From + (Count / 2) };

    internal BatchPart SecondHalf => this with { From = From + (Count / 2) };

    internal IEnumerable<EventData> Events()
    {
        for (var i = From; i < To; i++)
        {
            yield return Batch[i].Event;
        }
    }
}
