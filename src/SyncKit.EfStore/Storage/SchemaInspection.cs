namespace SyncKit.EfStore;

/// <summary>What <see cref="EventStoreSchema.InspectAsync(string, CancellationToken)"/> found. Nothing was changed.</summary>
public sealed record SchemaInspection
{
    /// <summary>Whether there is a table <c>events</c>, made by this library or by go-sync-kit.</summary>
    public required bool HasLog { get; init; }

    /// <summary>The migrations of this library that the database lacks, oldest first. All of them where go-sync-kit's table is not adopted yet.</summary>
    public required IReadOnlyList<string> Pending { get; init; }

    /// <summary>The migrations that this library does not know, because a newer one applied them: harmless.</summary>
    public required IReadOnlyList<string> Unknown { get; init; }

    /// <summary>
    /// Indexes, functions, triggers and tables that another program changed or dropped, such as <c>trigger events_notify_trigger</c>. Empty while
    /// migrations are pending, which put them in place.
    /// </summary>
    public required IReadOnlyList<string> Drifted { get; init; }

    /// <summary>Why the order of versions cannot be told, so that the store refuses to work: empty where it can.</summary>
    public required IReadOnlyList<SchemaFault> OrderFaults { get; init; }
}
