using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace SyncKit.EfStore.Storage;

/// <summary>What <c>dotnet ef</c> asks for a context. <c>--connection</c> overrides the connection string given here.</summary>
internal sealed class EventStoreDbContextFactory : IDesignTimeDbContextFactory<EventStoreDbContext>
{
    internal const string ConnectionStringVariable = "ConnectionStrings__EventStore";

    public EventStoreDbContext CreateDbContext(string[] args)
    {
        var connectionString = Environment.GetEnvironmentVariable(ConnectionStringVariable);

        // EF applies --connection only after this; its own complaint about a missing one names neither way to give it.
        var words = Environment.GetCommandLineArgs();
        if (string.IsNullOrWhiteSpace(connectionString)
            && words.Contains("database", StringComparer.Ordinal)
            && !words.Contains("--connection", StringComparer.Ordinal))
        {
            throw new InvalidOperationException($"Name a database: pass --connection \"Host=…\" or set {ConnectionStringVariable}.");
        }

        var options = new DbContextOptionsBuilder<EventStoreDbContext>();
        EventStoreSchema.Configure(options, connectionString);
        return new EventStoreDbContext(options.Options);
    }
}
