using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace SyncKit.EfStore.Stress.Takeover;

/// <summary>
/// Holds the work of a subscriber at a moment that is asked for, so that the process can be frozen just there. What is held goes on when told
/// to, whatever has been cancelled meanwhile: so that a thawed instance does all the harm it can.
/// </summary>
internal sealed class HoldPoints(Action<Moment> holding) : DbTransactionInterceptor
{
    private readonly Lock _lock = new();
    private Moment? _armed; // under _lock
    private TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously); // under _lock

    /// <summary>Holds the work when it comes to a moment next; null for never.</summary>
    internal void Arm(Moment? moment)
    {
        lock (_lock)
        {
            _armed = moment;
            _goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    internal void GoOn()
    {
        lock (_lock)
        {
            _armed = null;
            _goOn.TrySetResult();
        }
    }

    internal bool IsArmed(Moment moment)
    {
        lock (_lock)
        {
            return _armed == moment;
        }
    }

    internal Task PassAsync(Moment moment)
    {
        lock (_lock)
        {
            if (_armed != moment)
            {
                return Task.CompletedTask;
            }

            _armed = null;
            holding(moment);
            return _goOn.Task;
        }
    }

    public override async ValueTask<InterceptionResult<DbTransaction>> TransactionStartingAsync(
        DbConnection connection,
        TransactionStartingEventData eventData,
        InterceptionResult<DbTransaction> result,
        CancellationToken cancellationToken = default)
    {
        await PassAsync(Moment.BeforeTransaction);
        return result;
    }

    public override async ValueTask<InterceptionResult> TransactionCommittingAsync(
        DbTransaction transaction, TransactionEventData eventData, InterceptionResult result, CancellationToken cancellationToken = default)
    {
        await PassAsync(Moment.BeforeCommit);
        return result;
    }
}
