using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SyncKit.EfStore.Benchmarks.Events;

namespace SyncKit.EfStore.Benchmarks.Contenders;

/// <summary>
/// A scope, a context, one order and what goes with it, SaveChanges: a request of an application, the same with an event store and without.
/// </summary>
/// <param name="services">Hold the context.</param>
/// <param name="add">Adds the event in its form.</param>
internal sealed class SaveOrder<TContext>(ServiceProvider services, Action<IServiceProvider, TContext, Row> add) : IAppender<Row>
    where TContext : DbContext
{
    private static readonly DateTimeOffset PlacedAt = new(2026, 11, 23, 0, 0, 0, TimeSpan.Zero);

    public async Task AppendAsync(int caller, Row what)
    {
        await using var scope = services.CreateAsyncScope();
        var context = scope.ServiceProvider.GetRequiredService<TContext>();
        context.Add(new Order { Customer = what.Event.AggregateId, Total = 17.50m, PlacedAt = PlacedAt });
        add(scope.ServiceProvider, context, what);
        await context.SaveChangesAsync();
    }

    public ValueTask DisposeAsync() => services.DisposeAsync();
}
