using Polly;
using Polly.Retry;

namespace SyncKit.EfStore.Subscriptions.Named;

/// <summary>Tries one event as often as the options say. One for each subscription; safe for several threads.</summary>
internal sealed class HandlerRetries
{
    private readonly string _name;
    private readonly SubscriptionOptions _options;
    private readonly ResiliencePipeline _pipeline;

    /// <param name="name">The subscription.</param>
    /// <param name="options">How often, and which types are known.</param>
    /// <param name="time">The clock of the waits.</param>
    /// <param name="retrying">Called before each wait.</param>
    internal HandlerRetries(string name, SubscriptionOptions options, TimeProvider time, Action<Exception> retrying)
    {
        _name = name;
        _options = options;
        _pipeline = options.Retries == 0
            ? ResiliencePipeline.Empty
            : new ResiliencePipelineBuilder { TimeProvider = time }
                .AddRetry(new RetryStrategyOptions
                {
                    MaxRetryAttempts = options.Retries,
                    BackoffType = DelayBackoffType.Exponential,
                    UseJitter = true,
                    Delay = options.RetryDelay,
                    MaxDelay = options.MaxRetryDelay,
                    ShouldHandle = args => ValueTask.FromResult(
                        args.Outcome.Exception is { } error and not UnknownEventTypeException
                        && HandlerErrors.IsTheHandlers(error, args.Context.CancellationToken)),
                    OnRetry = args =>
                    {
                        retrying(args.Outcome.Exception!);
                        return ValueTask.CompletedTask;
                    },
                })
                .Build();
    }

    /// <summary>Whether the event is to be passed over.</summary>
    internal bool Ignores(StoredEvent stored) => _options.IgnoreUnknownEventTypes && !IsKnown(stored);

    /// <summary>Throws where the handler does not know the type.</summary>
    internal void RequireKnown(StoredEvent stored)
    {
        if (!IsKnown(stored))
        {
            throw new UnknownEventTypeException(_name, stored);
        }
    }

    /// <summary>Null where an attempt succeeded. What is not the handler's fault is thrown.</summary>
    /// <param name="attempt">Handles the event.</param>
    /// <param name="failedBefore">What an attempt before this threw: it counts as the first.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal async Task<HandlerFailure?> TryAsync(
        Func<CancellationToken, Task> attempt, Exception? failedBefore, CancellationToken cancellationToken)
    {
        var attempts = 0;
        try
        {
            await _pipeline.ExecuteAsync(
                async token =>
                {
                    if (++attempts == 1 && failedBefore is not null)
                    {
                        throw failedBefore;
                    }

                    await attempt(token).ConfigureAwait(false);
                },
                cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (Exception error) when (HandlerErrors.IsTheHandlers(error, cancellationToken))
        {
            return new HandlerFailure(attempts, error);
        }
    }

    private bool IsKnown(StoredEvent stored) => _options.KnownEventTypes.Count == 0 || _options.KnownEventTypes.Contains(stored.EventType);
}

/// <summary>An event that could not be handled.</summary>
internal sealed record HandlerFailure(int Attempts, Exception Error);
