using System.Diagnostics;
using System.Globalization;

namespace SyncKit.EfStore.Tests.Appending;

/// <summary>A process of its own that appends to one stream, so that a test sees what several processes do to each other.</summary>
internal static class WriterProcess
{
    internal const string Verb = "append-to-one-stream";

    /// <summary>Reads the stream and appends "exactly n", until it has won so often. The first time all of them have read before any appends.</summary>
    internal const string Exactly = "exactly";

    /// <summary>Appends "any", eight calls at once.</summary>
    internal const string Any = "any";

    private const string Ready = "ready";

    private const int Callers = 8;

    /// <summary>
    /// The child: says how many conflicts it met; anything else that goes wrong ends it with an exit code that is not 0. Before its first append it
    /// says that it is ready, and waits to be told to go on.
    /// </summary>
    internal static async Task RunAsync(string connectionString, string stream, string how, int appends)
    {
        await using var store = new TestStore(connectionString);
        if (how == Any)
        {
            await MeetAsync();
            await Parallel.ForEachAsync(
                Enumerable.Range(0, appends),
                new ParallelOptions { MaxDegreeOfParallelism = Callers },
                async (number, token) => await store.Events.StoreAsync(Sample.Event(stream, number), token));
            await Console.Out.WriteLineAsync("0");
            return;
        }

        var conflicts = 0;
        for (var won = 0; won < appends;)
        {
            var head = await store.Events.ReadAsync(
                new EventQuery { AggregateId = stream, Direction = ReadDirection.Backwards, Limit = 1 }).FirstOrDefaultAsync();
            if (won + conflicts == 0)
            {
                await MeetAsync();
            }

            try
            {
                await store.Events.AppendAsync([Sample.Event(stream)], ExpectedVersion.Exactly(head?.StreamVersion ?? 0));
                won++;
            }
            catch (WrongExpectedVersionException)
            {
                conflicts++;
            }
        }

        await Console.Out.WriteLineAsync(conflicts.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>The parent: runs several to their end, which begin together, and returns the conflicts of each.</summary>
    internal static async Task<int[]> RunAsync(int processes, string connectionString, string stream, string how, int appends)
    {
        var writers = Enumerable.Range(0, processes).Select(_ => Start(connectionString, stream, how, appends)).ToList();
        try
        {
            await Task.WhenAll(writers.Select(writer => ReadyAsync(writer.Process, writer.Error)));
            return await Task.WhenAll(writers.Select(writer => GoOnAsync(writer.Process, writer.Error)));
        }
        finally
        {
            writers.ForEach(writer => writer.Process.Dispose());
        }
    }

    private static async Task MeetAsync()
    {
        await Console.Out.WriteLineAsync(Ready);
        await Console.In.ReadLineAsync();
    }

    private static (Process Process, Task<string> Error) Start(string connectionString, string stream, string how, int appends)
    {
        var program = Path.ChangeExtension(typeof(WriterProcess).Assembly.Location, OperatingSystem.IsWindows() ? ".exe" : null);
        var process = Process.Start(
            new ProcessStartInfo(program, [Verb, connectionString, stream, how, appends.ToString(CultureInfo.InvariantCulture)])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
        return (process, process.StandardError.ReadToEndAsync());
    }

    private static async Task ReadyAsync(Process process, Task<string> error)
    {
        if (await process.StandardOutput.ReadLineAsync() != Ready)
        {
            Assert.Fail($"A process ended before it appended: {await error}");
        }
    }

    private static async Task<int> GoOnAsync(Process process, Task<string> error)
    {
        await process.StandardInput.WriteLineAsync();
        await process.StandardInput.FlushAsync();
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.AreEqual(0, process.ExitCode, await error);
        return int.Parse(said, CultureInfo.InvariantCulture);
    }
}
