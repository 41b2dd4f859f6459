using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SyncKit.EfStore.Benchmarks.Events;

namespace SyncKit.EfStore.Benchmarks.Contenders;

/// <summary>One order and one row of the plain table, saved together.</summary>
internal static class SaveRow
{
    internal const string Name = "EF SaveChanges, plain table";

    internal static IAppender<Row> Open(string connectionString) => new SaveOrder<PlainContext>(
        new ServiceCollection().AddDbContext<PlainContext>(options => options.UseNpgsql(connectionString)).BuildServiceProvider(),
        (_, context, row) => context.Add(new TextRow
        {
            Id = row.Event.Id,
            AggregateId = row.Event.AggregateId,
            EventType = row.Event.EventType,
            Data = Encoding.UTF8.GetString(row.Data),
            Metadata = Encoding.UTF8.GetString(row.Metadata),
            StreamVersion = row.StreamVersion,
        }));
}
