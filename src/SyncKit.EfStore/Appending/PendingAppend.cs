using System.Diagnostics;

namespace SyncKit.EfStore.Appending;

/// <summary>An append on its way: what was asked, and the answer its caller waits for. The first answer counts.</summary>
internal sealed class PendingAppend(AppendRequest request)
{
    private readonly TaskCompletionSource<AppendResult> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal AppendRequest Request => request;

    /// <summary>The span of the append; none where its caller has none.</summary>
    internal ActivityContext Trace { get; } = Activity.Current?.Context ?? default;

    internal Task<AppendResult> Answer => _answer.Task;

    /// <summary>Answered, or cancelled by its caller: nobody waits for it any more.</summary>
    internal bool IsOver => _answer.Task.IsCompleted;

    /// <summary>
    /// Whether a COMMIT of it was sent whose answer never came. If it is found stored then, this very call stored it.
    /// Owned by the one who runs the append.
    /// </summary>
    internal bool MayBeStored { get; set; }

    internal void Succeed(AppendResult result) => _answer.TrySetResult(result);

    internal void Fail(Exception error) => _answer.TrySetException(error);

    internal void Cancel(CancellationToken cancellationToken) => _answer.TrySetCanceled(cancellationToken);
}
