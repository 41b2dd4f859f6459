using Microsoft.Extensions.DependencyInjection;

namespace SyncKit.EfStore.Tests.Importing;

/// <summary>A test class of imports with a database of its own for each test.</summary>
public abstract class ImportDatabase : StoreDatabase
{
    private const int Streams = 7;

    private protected EventImporter Importer => Services.GetRequiredService<EventImporter>();

    /// <summary>The same event for the same number, in one of seven streams by turns.</summary>
    private protected static EventData Event(int number) => new($"stream-{number % Streams}", "Imported", EventJson.Parse($"[{number}]")) { Id = $"{number}" };

    private protected static IEnumerable<EventData> Range(int from, int count) => Enumerable.Range(from, count).Select(Event);

    /// <summary>All that is committed, settled or not.</summary>
    private protected async Task<int> CountAsync()
    {
        await using var connection = await RawSql.ConnectAsync(ConnectionString);
        return await connection.ScalarAsync<int>("SELECT count(*)::int FROM events");
    }

    private protected sealed class Report(Action<ImportProgress> report) : IProgress<ImportProgress>
    {
        void IProgress<ImportProgress>.Report(ImportProgress value) => report(value);
    }
}
