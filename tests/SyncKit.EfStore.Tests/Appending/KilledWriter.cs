using System.Diagnostics;

namespace SyncKit.EfStore.Tests.Appending;

/// <summary>A process of its own that appends and tells after its commits, so that a test can kill it in between.</summary>
internal sealed class KilledWriter : IDisposable
{
    internal const string Verb = "append-after-commit";

    private readonly Process _process;

    private KilledWriter(Process process, string id) => (_process, Id) = (process, id);

    /// <summary>The event it appended.</summary>
    internal string Id { get; }

    /// <summary>The child: appends one event, says its id once the append has returned, and stays.</summary>
    internal static async Task RunAsync(string connectionString, string stream)
    {
        await using var store = new TestStore(connectionString, options => options.NotifyMode = NotifyMode.AfterCommit);
        var result = await store.Events.StoreAsync(Sample.Event(stream));
        await Console.Out.WriteLineAsync(result.Events[0].Id);
        await Console.In.ReadToEndAsync();
    }

    /// <summary>The parent: starts the child, and returns when its append has.</summary>
    internal static async Task<KilledWriter> StartAsync(string connectionString, string stream)
    {
        var program = Path.ChangeExtension(typeof(KilledWriter).Assembly.Location, OperatingSystem.IsWindows() ? ".exe" : null);
        var process = Process.Start(new ProcessStartInfo(program, [Verb, connectionString, stream])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        var id = await process.StandardOutput.ReadLineAsync();
        Assert.IsNotNull(id, "The child ended before it had appended.");
        return new KilledWriter(process, id);
    }

    internal async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }
}
