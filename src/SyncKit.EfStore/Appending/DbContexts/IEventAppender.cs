using Microsoft.EntityFrameworkCore;

namespace SyncKit.EfStore;

/// <summary>
/// Appends events through the <typeparamref name="TContext"/> of the same scope: they are stored by its <c>SaveChanges</c>, in one transaction
/// with everything else it saves. Registered by <c>UseInDbContext</c>. Not safe for several threads at once, like the context.
/// </summary>
/// <typeparam name="TContext">The application's context; its model calls <c>MapEvents</c>.</typeparam>
public interface IEventAppender<TContext>
    where TContext : DbContext
{
    /// <summary>Appends one event: <see cref="EventDbContextExtensions.AppendEvents"/> with a list of one.</summary>
    /// <param name="eventData">The event.</param>
    /// <param name="expected">What is claimed about its stream. Default: any.</param>
    /// <returns>The tracked row; <c>SaveChanges</c> fills in its version, stream version and time.</returns>
    EventRow Append(EventData eventData, ExpectedVersion expected = default);

    /// <summary>Appends events: <see cref="EventDbContextExtensions.AppendEvents"/> on the scope's context.</summary>
    /// <param name="events">One event or more; of any streams where nothing is claimed, else of one.</param>
    /// <param name="expected">What is claimed about the stream. Default: any.</param>
    /// <returns>The tracked rows in the order given; <c>SaveChanges</c> fills in versions, stream versions and times.</returns>
    IReadOnlyList<EventRow> Append(IReadOnlyList<EventData> events, ExpectedVersion expected = default);
}
