namespace SyncKit.EfStore.Stress.Folding;

/// <summary>Folds through the context that carries the checkpoint, as a careful application does.</summary>
internal sealed class FoldHandler : IEventHandler<FoldContext>
{
    public Task HandleAsync(StoredEvent stored, FoldContext db, CancellationToken cancellationToken) => FoldAsync(stored, db, cancellationToken);

    internal static async Task FoldAsync(StoredEvent stored, FoldContext db, CancellationToken cancellationToken)
    {
        if (await db.Rows.FindAsync([stored.AggregateId], cancellationToken) is not { } row)
        {
            row = new FoldRow { AggregateId = stored.AggregateId };
            db.Rows.Add(row);
        }

        row.Take(stored);
    }
}
