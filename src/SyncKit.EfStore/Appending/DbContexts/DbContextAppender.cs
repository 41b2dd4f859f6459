using Microsoft.EntityFrameworkCore;

namespace SyncKit.EfStore.Appending.DbContexts;

/// <summary>The extension method on the scope's context.</summary>
internal sealed class DbContextAppender<TContext>(TContext context) : IEventAppender<TContext>
    where TContext : DbContext
{
    public EventRow Append(EventData eventData, ExpectedVersion expected = default) => context.AppendEvents([eventData], expected)[0];

    public IReadOnlyList<EventRow> Append(IReadOnlyList<EventData> events, ExpectedVersion expected = default) =>
        context.AppendEvents(events, expected);
}
