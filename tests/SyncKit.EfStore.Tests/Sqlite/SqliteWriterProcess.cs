using System.Diagnostics;
using System.Globalization;

namespace SyncKit.EfStore.Tests.Sqlite;

/// <summary>A process of its own that appends to one stream of a file, so that a test sees what several processes do to each other.</summary>
internal static class SqliteWriterProcess
{
    internal const string Verb = "append-to-one-stream-of-a-file";

    /// <summary>The child: reads the stream and appends "exactly n" until it has won so often; 0: appends "any" until it is killed, and says each id.</summary>
    internal static async Task RunAsync(string path, string stream, int appends)
    {
        await using var store = new EfStore.Sqlite.SqliteEventStore(path);
        for (var number = 1; appends == 0; number++)
        {
            var result = await store.StoreAsync(Sample.Events(stream, 3));
            await Console.Out.WriteLineAsync(string.Join(' ', result.Events.Select(e => e.Id)));
        }

        for (var won = 0; won < appends;)
        {
            var head = await store.ReadAsync(
                new EventQuery { AggregateId = stream, Direction = ReadDirection.Backwards, Limit = 1 }).FirstOrDefaultAsync();
            try
            {
                await store.AppendAsync([Sample.Event(stream)], ExpectedVersion.Exactly(head?.StreamVersion ?? 0));
                won++;
            }
            catch (WrongExpectedVersionException)
            {
            }
        }
    }

    /// <summary>The parent.</summary>
    internal static Process Start(string path, string stream, int appends)
    {
        var program = Path.ChangeExtension(typeof(SqliteWriterProcess).Assembly.Location, OperatingSystem.IsWindows() ? ".exe" : null);
        return Process.Start(new ProcessStartInfo(program, [Verb, path, stream, appends.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
    }
}
