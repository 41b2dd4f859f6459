using System.Diagnostics;
using System.Transactions;
using Microsoft.EntityFrameworkCore;
using SyncKit.EfStore.Diagnostics;

namespace SyncKit.EfStore.Appending.DbContexts;

/// <summary>
/// One SaveChanges that inserts events, with all the attempts an execution strategy makes of it. Used by one thread at a time, as its
/// context is.
/// </summary>
internal sealed class EventSave
{
    private readonly AutoTransactionBehavior _behavior;
    private Guid? _transaction;
    private int _attempts;

    internal EventSave(DbContext context, IReadOnlyList<EventRow> rows)
    {
        Context = context;
        _behavior = context.Database.AutoTransactionBehavior;
        Rows = rows;
        Streams = [.. rows.Select(row => row.AggregateId).Distinct(StringComparer.Ordinal)];
        NeedsCheck = Streams.Length > 1 || rows.Any(row => row.Claim is not null);
    }

    internal DbContext Context { get; }

    /// <summary>In the order of their INSERTs.</summary>
    internal IReadOnlyList<EventRow> Rows { get; }

    /// <summary>Each stream once, in the order first named.</summary>
    internal string[] Streams { get; }

    /// <summary>
    /// Whether locks and claims come before the rows. Rows of one stream that claim nothing go without: the trigger takes the one lock
    /// and counts, so that they cost no round trip.
    /// </summary>
    private bool NeedsCheck { get; }

    /// <summary>How far the streams went when the check held; null where there was none.</summary>
    internal long[]? Heads { get; set; }

    /// <summary>The application's transaction, if it has one: it outlives the save, and a save that fails.</summary>
    internal bool InCallersTransaction { get; private set; }

    /// <summary>Of the save, with all its attempts; null where nobody listens.</summary>
    internal Activity? Span { get; set; }

    /// <summary>Sees to it that the check and the rows share a transaction.</summary>
    internal void Begin()
    {
        DrawnVersions.Require(Context);
        if (Streams.Length > AppendRequest.MaxStreams)
        {
            throw new InvalidInputException(
                "events", $"must name at most {AppendRequest.MaxStreams} streams in one SaveChanges", $"they name {Streams.Length}");
        }

        InCallersTransaction = Context.Database.CurrentTransaction is not null || IsEnlisted();
        if (InCallersTransaction || (!NeedsCheck && Rows.Count == 1))
        {
            return;
        }

        if (_behavior == AutoTransactionBehavior.Never)
        {
            throw new InvalidOperationException(
                "These events must be stored in one transaction, and AutoTransactionBehavior.Never forbids SaveChanges to begin one. "
                    + "Begin one, or set it to WhenNeeded.");
        }

        if (NeedsCheck)
        {
            Context.Database.AutoTransactionBehavior = AutoTransactionBehavior.Always;
        }
    }

    internal void End(Exception? error)
    {
        Context.Database.AutoTransactionBehavior = _behavior;
        if (Span is { } span)
        {
            if (error is not null)
            {
                EventStoreTracing.Fails(span, error);
            }

            var caller = Activity.Current;
            span.Dispose();
            Activity.Current = caller;
        }
    }

    /// <summary>
    /// Whether the check must run before this batch: before the first of each attempt, where it is needed. A repeated attempt always
    /// checks, because the COMMIT before it may have succeeded and only its answer been lost.
    /// </summary>
    internal bool MustCheck()
    {
        var transaction = Context.Database.CurrentTransaction?.TransactionId;
        if (_attempts > 0 && transaction == _transaction
            && (transaction is not null || InCallersTransaction || _behavior == AutoTransactionBehavior.Never))
        {
            return false;
        }

        _transaction = transaction;
        return ++_attempts > 1 || NeedsCheck;
    }

    private bool IsEnlisted() => Context.Database.GetEnlistedTransaction() is not null || Transaction.Current is not null;
}
