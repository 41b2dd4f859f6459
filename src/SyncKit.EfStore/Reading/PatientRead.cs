using Polly;
using Polly.Retry;

namespace SyncKit.EfStore.Reading;

/// <summary>
/// Repeats a read until it succeeds or is cancelled: for those who read on someone's behalf, and have nobody to give the error to.
/// </summary>
internal static class PatientRead
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(1);

    /// <param name="time">The clock of the waits.</param>
    /// <param name="failed">Called at the first failure in a row, with the wait and the error: one line for a change of state.</param>
    /// <param name="repeats">Which errors are worth another attempt; null for all.</param>
    internal static ResiliencePipeline Create(TimeProvider time, Action<TimeSpan, Exception> failed, Func<Exception, bool>? repeats = null) =>
        new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = int.MaxValue,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = FirstDelay,
                MaxDelay = LongestDelay,

                // A disposed pool stays disposed: the store is gone, and nobody waits for this read any more.
                ShouldHandle = args =>
                    ValueTask.FromResult(
                        args.Outcome.Exception is not (null or OperationCanceledException or ObjectDisposedException)
                        && repeats?.Invoke(args.Outcome.Exception) != false),
                OnRetry = args =>
                {
                    if (args.AttemptNumber == 0)
                    {
                        failed(args.RetryDelay, args.Outcome.Exception!);
                    }

                    return ValueTask.CompletedTask;
                },
            })
            .Build();
}
