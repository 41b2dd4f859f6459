using SyncKit.EfStore.Diagnostics;

namespace SyncKit.EfStore;

/// <summary>How a named subscription works. Checked when it is added.</summary>
public sealed class SubscriptionOptions
{
    /// <summary>Which events. Default: all. Changed later, it holds for what is behind the checkpoint.</summary>
    public SubscriptionFilter Filter { get; set; } = new();

    /// <summary>Where to begin when there is no checkpoint yet. Default: <see cref="SubscriptionStart.Beginning"/>.</summary>
    public SubscriptionStart From { get; set; } = SubscriptionStart.Beginning;

    /// <summary>At most so many events between two checkpoints, 1 to 100,000. Default: null, the store's <c>BatchSize</c>.</summary>
    public int? BatchSize { get; set; }

    /// <summary>
    /// So many events are handled at once, 1 to 64, each stream's in order. The checkpoint never passes an event that is not handled. 1 with a
    /// handler that is given the context, whose connection serves one at a time. Default: 1, version order.
    /// </summary>
    public int MaxParallelism { get; set; } = 1;

    /// <summary>
    /// How long after the last sign of life of the active instance another may take over, 1 second to 10 minutes, by the database's clock;
    /// it does within a third of this. Renewed at each third. Default: 15 seconds.
    /// </summary>
    public TimeSpan LeaseDuration { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How often to look without a hint, 100 ms to 1 hour. Default: null, the store's <c>PollInterval</c>.</summary>
    public TimeSpan? PollInterval { get; set; }

    /// <summary>
    /// How often a failed event is tried again before <see cref="OnFailure"/>, 0 to 100. A database that is away or that resolved a race does
    /// not count: that is waited for. Default: 3.
    /// </summary>
    public int Retries { get; set; } = 3;

    /// <summary>The wait before the first retry, 1 ms to 1 minute; it doubles, with jitter, up to <see cref="MaxRetryDelay"/>. Default: 200 ms.</summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The longest wait between retries, from <see cref="RetryDelay"/> to 1 hour. Default: 10 seconds.</summary>
    public TimeSpan MaxRetryDelay { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>What becomes of an event that failed for good. Default: <see cref="FailurePolicy.Stop"/>.</summary>
    public FailurePolicy OnFailure { get; set; } = FailurePolicy.Stop;

    /// <summary>
    /// The event types the handler knows. One that is not among them fails without a retry, as <see cref="UnknownEventTypeException"/>.
    /// Default: empty, the handler takes every type.
    /// </summary>
    public ISet<string> KnownEventTypes { get; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>Pass over events whose type is not among <see cref="KnownEventTypes"/>. Default: false.</summary>
    public bool IgnoreUnknownEventTypes { get; set; }

    /// <param name="name">The subscription's.</param>
    /// <param name="inContext">Whether its handler is given the application's context.</param>
    /// <param name="keyOf">The key of the configuration where a property's value stands; null where it stands in none.</param>
    internal List<string> Faults(string name, bool inContext, Func<string, string?>? keyOf = null)
    {
        var faults = new List<string>();
        Range<int>(nameof(BatchSize), BatchSize, 1, 100_000);
        Range<int>(nameof(MaxParallelism), MaxParallelism, 1, inContext ? 1 : 64);
        Range<TimeSpan>(nameof(LeaseDuration), LeaseDuration, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10));
        Range<TimeSpan>(nameof(PollInterval), PollInterval, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1));
        Range<int>(nameof(Retries), Retries, 0, 100);
        Range<TimeSpan>(nameof(RetryDelay), RetryDelay, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1));
        Range<TimeSpan>(nameof(MaxRetryDelay), MaxRetryDelay, RetryDelay, TimeSpan.FromHours(1));
        if (!Enum.IsDefined(OnFailure))
        {
            faults.Add($"{Name(nameof(OnFailure))} must be Stop, Skip, Park; it is {OnFailure}.");
        }

        if (Filter is null)
        {
            faults.Add($"{Name(nameof(Filter))} must not be null.");
        }

        return faults;

        string Name(string property) => keyOf?.Invoke(property) ?? $"SubscriptionOptions.{property} of '{name}'";

        void Range<T>(string property, T? value, T least, T most)
            where T : struct, IComparable<T> =>
            OptionRange.Check(faults, Name(property), value, least, most);
    }
}
