using System.Data;
using Npgsql;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Subscriptions.Named;

/// <summary>
/// What handlers threw is written down only while its event stands: it may quote an event that was erased while the handler had it.
/// <c>erase_events</c> and a writer of such a text exclude each other by a lock on the table of parked events, which both hold until they
/// commit. The writer looks at the event in a statement after the lock: it sees an erasure that was first, and one that comes later sees
/// the text.
/// </summary>
internal static class ErrorTexts
{
    internal const string Gone = "The error text went with the erasure of this event.";

    // The owner who deletes an event may erase it from the audit after that: what is not there may quote as little.
    private const string Erased = """'{"$erased": true}'::jsonb""";

    /// <summary>To be the first statement of a transaction, or of its end: before any row of the subscriptions is locked.</summary>
    internal static async Task LockAsync(NpgsqlConnection connection, Lease lease, CancellationToken cancellationToken)
    {
        // What any INSERT, UPDATE or DELETE there takes; of no other writer and no reader does it make anyone wait.
        await using var command = new NpgsqlCommand($"LOCK TABLE {lease.Schema}.{SchemaNames.ParkedTable} IN ROW EXCLUSIVE MODE", connection);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Begins the transaction of a writer of such a text, which is nothing else's.</summary>
    internal static async Task<NpgsqlTransaction> BeginAsync(NpgsqlConnection connection, Lease lease, CancellationToken cancellationToken)
    {
        var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken).ConfigureAwait(false);
        await LockAsync(connection, lease, cancellationToken).ConfigureAwait(false);
        return transaction;
    }

    /// <summary>An SQL condition: the event is as it was when it was read, as far as an erasure is concerned.</summary>
    internal static string Stands(Lease lease, string version, string eventId) => $"""
        EXISTS (
            SELECT FROM {lease.Schema}.{SchemaNames.EventsTable} AS stored
            WHERE stored.version = {version} AND stored.id = {eventId}
                AND (stored.data, stored.metadata) IS DISTINCT FROM ({Erased}, {Erased}))
        """;

    /// <summary>Whether a text about this event may hold what an erasure takes away: not where the handler met the tombstone already.</summary>
    internal static bool MayQuote(StoredEvent stored) => !(Tombstone.Is(stored.Data) && Tombstone.Is(stored.Metadata));
}
