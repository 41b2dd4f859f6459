using Microsoft.Extensions.DependencyInjection;
using SyncKit.EfStore.Stress.Folding;

namespace SyncKit.EfStore.Stress.Takeover;

/// <summary>The fold, held where it is asked for.</summary>
internal sealed class HeldHandler(HoldPoints points) : IEventHandler<FoldContext>
{
    public async Task HandleAsync(StoredEvent stored, FoldContext db, CancellationToken cancellationToken)
    {
        await points.PassAsync(Moment.InHandler);
        await FoldHandler.FoldAsync(stored, db, cancellationToken);
        if (points.IsArmed(Moment.AfterWrites))
        {
            await db.SaveChangesAsync(cancellationToken);
            await points.PassAsync(Moment.AfterWrites);
        }
    }
}

/// <summary>The fold past the transaction that it was given, to show what a takeover does to such a handler.</summary>
internal sealed class CarelessHandler(HoldPoints points, IServiceScopeFactory scopes) : IEventHandler<FoldContext>
{
    public async Task HandleAsync(StoredEvent stored, FoldContext db, CancellationToken cancellationToken)
    {
        await using (var scope = scopes.CreateAsyncScope())
        {
            var own = scope.ServiceProvider.GetRequiredService<FoldContext>();
            await FoldHandler.FoldAsync(stored, own, cancellationToken);
            await own.SaveChangesAsync(cancellationToken);
        }

        await points.PassAsync(Moment.AfterWrites);
    }
}
