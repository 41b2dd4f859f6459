namespace SyncKit.EfStore.Cli.Samples;

/// <summary>Events of the history of a public repository, as <c>sample.jsonl</c> has them: a stream is a file.</summary>
internal static class Sample
{
    /// <summary>Reads them, without the time they happened at, so that the server gives them one of now.</summary>
    internal static async Task<IReadOnlyList<EventData>> ReadAsync(CancellationToken cancellationToken)
    {
        await using var resource = typeof(Sample).Assembly.GetManifestResourceStream("sample.jsonl")!;
        var events = new List<EventData>();
        await foreach (var read in JsonLines.ReadAsync(resource, cancellationToken))
        {
            events.Add(new EventData(read.AggregateId, read.EventType, read.Data) { Id = read.Id, Metadata = read.Metadata });
        }

        return events;
    }
}
