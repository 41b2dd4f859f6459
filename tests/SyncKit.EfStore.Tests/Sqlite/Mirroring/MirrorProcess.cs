using System.Diagnostics;
using SyncKit.EfStore.Sqlite;

namespace SyncKit.EfStore.Tests.Sqlite.Mirroring;

/// <summary>A process that appends to a mirror of two files until it is killed, and says each id that was acknowledged.</summary>
internal static class MirrorProcess
{
    internal const string Verb = "append-to-a-mirror";

    internal static async Task RunAsync(string leader, string follower, string stateFile)
    {
        await using var first = new SqliteEventStore(leader);
        await using var second = new SqliteEventStore(follower);
        await using var store = new MirroredEventStore(
            MirrorPlace.Of(first, "one"), MirrorPlace.Of(second, "two"), new MirrorOptions { StateFile = stateFile });
        await Parallel.ForEachAsync(
            Enumerable.Range(0, int.MaxValue),
            new ParallelOptions { MaxDegreeOfParallelism = 4 },
            async (number, token) =>
            {
                var appended = await store.StoreAsync(Sample.Event($"s{number % 5}", number), token);
                await Console.Out.WriteLineAsync(appended.Events[0].Id);
            });
    }

    internal static Process Start(string leader, string follower, string stateFile)
    {
        var program = Path.ChangeExtension(typeof(MirrorProcess).Assembly.Location, OperatingSystem.IsWindows() ? ".exe" : null);
        return Process.Start(new ProcessStartInfo(program, [Verb, leader, follower, stateFile]) { RedirectStandardOutput = true })!;
    }
}
