using Microsoft.EntityFrameworkCore;
using SyncKit.EfStore.Appending.DbContexts;
using SyncKit.EfStore.Diagnostics;

namespace SyncKit.EfStore;

/// <summary>Lets a context that dependency injection does not configure append events.</summary>
public static class EventDbContextOptionsExtensions
{
    // Without a container there is no meter factory, no connection string and no option that could say otherwise.
    private static readonly EventStoreMetrics Metrics = new(factory: null, enabled: true);

    private static readonly EventStoreTracing Tracing = new(connectionString: null, stamps: true);

    private static readonly EventSaveInterceptor ByHand = new(() => EventLimits.DefaultMaxJsonBytes, () => Metrics, () => Tracing);

    /// <summary>
    /// Installs what <see cref="EventDbContextExtensions.AppendEvents"/> needs. For contexts made by hand; where the application calls
    /// <c>UseInDbContext</c> it is done already. Again changes nothing.
    /// </summary>
    /// <param name="options">The context's options; the provider is <c>UseNpgsql</c>.</param>
    public static DbContextOptionsBuilder UseEventStore(this DbContextOptionsBuilder options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.UseEventStore(ByHand);
    }

    internal static DbContextOptionsBuilder UseEventStore(this DbContextOptionsBuilder options, EventSaveInterceptor interceptor) =>
        EventSaveInterceptor.Find(options.Options) is null ? options.AddInterceptors(interceptor) : options;
}
