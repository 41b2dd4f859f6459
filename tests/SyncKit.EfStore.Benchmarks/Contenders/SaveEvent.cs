using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SyncKit.EfStore.Benchmarks.Events;

namespace SyncKit.EfStore.Benchmarks.Contenders;

/// <summary>One order and one event, saved together as the README shows it.</summary>
internal static class SaveEvent
{
    internal static IAppender<Row> Open(string connectionString, bool metrics = true)
    {
        var services = new ServiceCollection();
        services.AddDbContext<EventContext>(options => options.UseNpgsql(connectionString));
        services.AddPostgresEventStore(options => (options.ConnectionString, options.EnableMetrics) = (connectionString, metrics)).UseInDbContext<EventContext>();
        return new SaveOrder<EventContext>(
            services.BuildServiceProvider(),
            (scope, _, row) => scope.GetRequiredService<IEventAppender<EventContext>>().Append(row.Event));
    }
}
