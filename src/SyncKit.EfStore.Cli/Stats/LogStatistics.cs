namespace SyncKit.EfStore.Cli.Stats;

/// <summary>What the log holds, at one time.</summary>
internal sealed record LogStatistics
{
    /// <summary>Whether counts of events, streams and types were taken from a sample; sizes and lengths never are.</summary>
    internal required bool Estimated { get; init; }

    internal required long Events { get; init; }

    internal required long Streams { get; init; }

    /// <summary>The newest version; there are fewer events, because versions have gaps.</summary>
    internal required long NewestVersion { get; init; }

    /// <summary>When the first event by version was created; null where it has no time, or there is none.</summary>
    internal required DateTimeOffset? First { get; init; }

    /// <summary>The same of the last one.</summary>
    internal required DateTimeOffset? Last { get; init; }

    internal required LogSizes Sizes { get; init; }

    /// <summary>The types with the most events.</summary>
    internal required IReadOnlyList<(string Name, long Events)> Types { get; init; }

    internal required int TypeCount { get; init; }

    /// <summary>The longest streams; where <see cref="Estimated"/> the longest that the sample met.</summary>
    internal required IReadOnlyList<(string AggregateId, long Events)> LongestStreams { get; init; }

    /// <summary>By <c>created_at</c>, oldest first, empty ones included.</summary>
    internal required LogRates Rates { get; init; }

    /// <summary>Null where this role may not see them.</summary>
    internal required IReadOnlyList<SubscriptionInfo>? Subscriptions { get; init; }
}
