using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace SyncKit.EfStore.Tests.Examples;

/// <summary>The README's lines about subscriptions, to the letter but for the indentation, and the handlers they name.</summary>
internal static class SubscriptionExample
{
    internal static void Register(ServicesOfAHost builder)
    {
        builder.Services.AddPostgresEventStore()
            .AddSubscription<Mailer>("mails", options => options.OnFailure = FailurePolicy.Park)      // IEventHandler: at least once
            .AddSubscription<InvoiceProjection, ShopDbContext>("invoices");                          // IEventHandler<ShopDbContext>: exactly once in effect
    }

    internal static async Task<string> ReadOwnWriteAsync(ISubscriptions subscriptions, AppendResult result, ShopDbContext db)
    {
        await subscriptions.WaitUntilProcessedAsync("invoices", result.Version);
        return (await db.Invoices.SingleAsync()).Id;
    }

    internal static async Task<EventVersion> FollowAsync(IRealtimeEventStore store, EventVersion since, SubscriptionFilter filter)
    {
        await foreach (var stored in store.SubscribeAsync(since, filter))
        {
            return stored.Version;
        }

        return since;
    }

    internal sealed record ServicesOfAHost(IServiceCollection Services);

    internal sealed class Mailer(List<string> mails) : IEventHandler
    {
        public Task HandleAsync(StoredEvent stored, CancellationToken cancellationToken)
        {
            mails.Add(stored.Id);
            return Task.CompletedTask;
        }
    }

    internal sealed class InvoiceProjection : IEventHandler<ShopDbContext>
    {
        public Task HandleAsync(StoredEvent stored, ShopDbContext db, CancellationToken cancellationToken)
        {
            db.Add(new Invoice { Id = stored.Id });
            return Task.CompletedTask;
        }
    }

    internal sealed class ShopDbContext(DbContextOptions<ShopDbContext> options) : DbContext(options)
    {
        internal DbSet<Invoice> Invoices => Set<Invoice>();

        protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.Entity<Invoice>().ToTable("invoices");
    }

    internal sealed class Invoice
    {
        public required string Id { get; init; }
    }
}
