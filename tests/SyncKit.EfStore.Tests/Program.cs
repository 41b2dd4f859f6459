using System.Globalization;
using Microsoft.Testing.Platform.Builder;
using SyncKit.EfStore.Tests.Appending;
using SyncKit.EfStore.Tests.Diagnostics;
using SyncKit.EfStore.Tests.Sqlite;
using SyncKit.EfStore.Tests.Sqlite.Mirroring;
using SyncKit.EfStore.Tests.Testing;

namespace SyncKit.EfStore.Tests;

/// <summary>Runs the tests; or, asked to by one of them, is a process that a test starts or kills.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        if (args is [ServerOwner.Verb])
        {
            await ServerOwner.RunAsync();
            return 0;
        }

        if (args is [KilledWriter.Verb, var connectionString, var stream])
        {
            await KilledWriter.RunAsync(connectionString, stream);
            return 0;
        }

        if (args is [WriterProcess.Verb, var database, var toStream, var how, var appends])
        {
            await WriterProcess.RunAsync(database, toStream, how, int.Parse(appends, CultureInfo.InvariantCulture));
            return 0;
        }

        if (args is [SqliteWriterProcess.Verb, var path, var streamOfFile, var times])
        {
            await SqliteWriterProcess.RunAsync(path, streamOfFile, int.Parse(times, CultureInfo.InvariantCulture));
            return 0;
        }

        if (args is [MirrorProcess.Verb, var leader, var follower, var stateFile])
        {
            await MirrorProcess.RunAsync(leader, follower, stateFile);
            return 0;
        }

        if (args is [HandlerProcess.Verb, var ofEvents])
        {
            await HandlerProcess.RunAsync(ofEvents);
            return 0;
        }

        var builder = await TestApplication.CreateBuilderAsync(args);
        SelfRegisteredExtensions.AddSelfRegisteredExtensions(builder, args);
        using var tests = await builder.BuildAsync();
        return await tests.RunAsync();
    }
}
