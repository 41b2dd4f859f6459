namespace SyncKit.EfStore.Testing;

/// <summary>What a <see cref="HeldTransaction"/> writes, and as whom.</summary>
public sealed class HeldTransactionOptions
{
    /// <summary>
    /// The stream. While the transaction is open, other writers of this stream wait for it. With <see cref="VersionDraw.BeforeInsert"/> nobody
    /// else should write to it: the version is older than the place in the stream.
    /// </summary>
    /// <value>Defaults to <see langword="null"/>: a stream of its own.</value>
    public string? AggregateId { get; init; }

    /// <summary>The event's type.</summary>
    /// <value>Defaults to <c>Held</c>.</value>
    public string EventType { get; init; } = "Held";

    /// <summary>The session's <c>application_name</c>, by which logs, health and <see cref="BackendKiller"/> know it. At most 63 bytes.</summary>
    /// <value>Defaults to <c>synckit-held-transaction</c>.</value>
    public string ApplicationName { get; init; } = "synckit-held-transaction";

    /// <summary>How the version is drawn.</summary>
    /// <value>Defaults to <see cref="VersionDraw.WithInsert"/>.</value>
    public VersionDraw Draw { get; init; } = VersionDraw.WithInsert;
}
