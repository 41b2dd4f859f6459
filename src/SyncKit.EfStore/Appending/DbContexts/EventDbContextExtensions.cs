using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using SyncKit.EfStore.Appending;
using SyncKit.EfStore.Appending.DbContexts;

namespace SyncKit.EfStore;

/// <summary>Appends events through an application's own DbContext.</summary>
public static class EventDbContextExtensions
{
    /// <summary>
    /// Adds events to the context as tracked rows. <c>SaveChanges</c> stores them in one transaction with everything else it saves; rolled
    /// back, no event and no notification exists. To take them back before, set the rows' state to <c>Detached</c>.
    /// </summary>
    /// <remarks>
    /// <para>
    /// An append counts the events appended before it in the same save: after <c>NoStream</c> with one event comes <c>Exactly(1)</c>.
    /// "Any" for one stream costs no round trip of its own. Any other claim, or several streams in one save, costs one: it locks the streams,
    /// sorted, and checks them inside the transaction, which is begun for it where <c>SaveChanges</c> would use none.
    /// </para>
    /// <para>
    /// <c>SaveChanges</c> throws <see cref="WrongExpectedVersionException"/> where a claim does not hold and <see cref="DuplicateEventException"/>
    /// where an id is stored already, with equal content too: the application's own rows must not be stored twice. Execution strategies never
    /// retry those two. All other errors come as EF Core reports them; a lock of a stream is held to the end of the transaction, so
    /// transactions that save to several streams in several <c>SaveChanges</c>, each in its own order, may deadlock: a
    /// <c>PostgresException</c> whose <c>IsTransient</c> is true, which <c>EnableRetryOnFailure</c> retries. After an error the rows are
    /// still tracked.
    /// </para>
    /// <para>
    /// Where the answer to a COMMIT is lost, <c>EnableRetryOnFailure</c> saves again and finds what was stored: a
    /// <see cref="DuplicateEventException"/> whose <see cref="DuplicateEventException.AllStored"/> is true, and the save had succeeded.
    /// In a transaction of your own use <c>ExecuteInTransactionAsync</c> and ask for an event's id in <c>verifySucceeded</c>.
    /// Under REPEATABLE READ or SERIALIZABLE "any" may conflict as well, since the snapshot is older than the lock.
    /// </para>
    /// </remarks>
    /// <param name="context">Its model calls <c>MapEvents</c>, its options come from <c>UseInDbContext</c> or <c>UseEventStore</c>.</param>
    /// <param name="events">One event or more; of any streams where nothing is claimed, else of one. At most 1,000 streams in one save.</param>
    /// <param name="expected">What is claimed about the stream. Default: any.</param>
    /// <returns>The tracked rows in the order given; <c>SaveChanges</c> fills in versions, stream versions and times.</returns>
    /// <exception cref="InvalidInputException">An event cannot be stored; nothing was added to the context.</exception>
    /// <exception cref="DuplicateEventException">An id is given twice or appended already; nothing was added to the context.</exception>
    /// <exception cref="InvalidOperationException">The context is not set up for events; the message says what to call.</exception>
    public static IReadOnlyList<EventRow> AppendEvents(
        this DbContext context, IReadOnlyList<EventData> events, ExpectedVersion expected = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        var maxJsonBytes = Interceptor(context).MaxJsonBytes;
        var request = expected == ExpectedVersion.Any
            ? AppendRequest.OfEvents(events, maxJsonBytes)
            : AppendRequest.OfStreams([new StreamAppend(expected, events)], maxJsonBytes);
        DrawnVersions.Require(context);
        PendingEvents.Check(context, request);

        var rows = new EventRow[request.Events.Count];
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i] = Row(request.Events[i], (expected.StreamVersion + 1 + i) ?? 0, i == 0 && expected != ExpectedVersion.Any ? expected : null);
        }

        context.AddRange(rows);
        return rows;
    }

    private static EventRow Row(EventData given, long streamVersion, ExpectedVersion? claim) => new()
    {
        Id = given.Id,
        AggregateId = given.AggregateId,
        EventType = given.EventType,
        Data = RowJson.Element(given.Data),
        Metadata = RowJson.Element(given.Metadata),
        CreatedAt = given.CreatedAt,
        StreamVersion = streamVersion,
        Claim = claim,
    };

    private static EventSaveInterceptor Interceptor(DbContext context)
    {
        if (EventSaveInterceptor.Find(context.GetService<IDbContextOptions>()) is not { } interceptor)
        {
            throw new InvalidOperationException(
                $"'{context.GetType().Name}' is not set up to append events. Call UseInDbContext<{context.GetType().Name}>() behind "
                    + "AddPostgresEventStore, or UseEventStore() on the options of a context made by hand.");
        }

        return context.Model.FindEntityType(typeof(EventRow)) is not null
            ? interceptor
            : throw new InvalidOperationException(
                $"The model of '{context.GetType().Name}' does not map the events. Call modelBuilder.MapEvents() in its OnModelCreating.");
    }
}
