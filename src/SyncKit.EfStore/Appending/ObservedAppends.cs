using System.Diagnostics;
using SyncKit.EfStore.Diagnostics;

namespace SyncKit.EfStore.Appending;

/// <summary>
/// The appends of callers as operators see them: a span and a duration for each, and its trace in what is stored. Costs nothing where nobody
/// listens and the caller has no activity.
/// </summary>
internal sealed class ObservedAppends(GroupCommit appends, EventStoreTracing tracing, EventStoreMetrics metrics, TimeProvider time)
{
    internal Task<AppendResult> AppendAsync(AppendRequest request, CancellationToken cancellationToken)
    {
        var caller = Activity.Current;
        return metrics.TimesAppends || tracing.Concerns(caller)
            ? ObserveAsync(request, caller, cancellationToken)
            : appends.AppendAsync(request, cancellationToken);
    }

    private async Task<AppendResult> ObserveAsync(AppendRequest request, Activity? caller, CancellationToken cancellationToken)
    {
        using var span = tracing.StartAppend(request.Streams, request.Events.Count);
        var begun = time.GetTimestamp();
        try
        {
            var traced = tracing.Stamp(span, caller) is { } trace ? request.With(trace) : request;
            var result = await appends.AppendAsync(traced, cancellationToken).ConfigureAwait(false);
            metrics.AppendEnded(time.GetElapsedTime(begun), error: null);
            return result;
        }
        catch (Exception error)
        {
            EventStoreTracing.Fails(span, error);
            metrics.AppendEnded(time.GetElapsedTime(begun), error);
            throw;
        }
    }
}
