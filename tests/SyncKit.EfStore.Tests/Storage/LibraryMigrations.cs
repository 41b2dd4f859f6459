using Microsoft.EntityFrameworkCore;

namespace SyncKit.EfStore.Tests.Storage;

/// <summary>The migrations of the library, oldest first.</summary>
internal static class LibraryMigrations
{
    internal static string[] All { get; } = Find();

    private static string[] Find()
    {
        var options = new DbContextOptionsBuilder<EventStoreDbContext>();
        EventStoreSchema.Configure(options, "Host=nowhere");
        using var db = new EventStoreDbContext(options.Options);
        return [.. db.Database.GetMigrations()];
    }
}
