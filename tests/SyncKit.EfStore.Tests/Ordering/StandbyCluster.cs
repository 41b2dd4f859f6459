using System.Globalization;
using Npgsql;
using SyncKit.EfStore.Testing.Clusters;

namespace SyncKit.EfStore.Tests.Ordering;

/// <summary>A streaming standby of a private cluster, made by pg_basebackup; removed when disposed, or when this process ends.</summary>
internal sealed class StandbyCluster : IAsyncDisposable
{
    private readonly string _programs;
    private readonly string _folder;
    private readonly Watchdog _watchdog;
    private readonly int _port = FreePort.Next();

    private StandbyCluster(string programs, string folder)
    {
        (_programs, _folder) = (programs, folder);
        _watchdog = Watchdog.Start(programs, folder);
    }

    private string DataFolder => Path.Combine(_folder, "data");

    /// <summary>Copies the primary; the standby is not started yet.</summary>
    internal static async Task<StandbyCluster> CopyAsync(string primary, CancellationToken cancellationToken)
    {
        var programs = TestServer.Programs;
        var folder = ClusterFolder.Create(durable: false);
        if (UnprivilegedUser.Name is { } user)
        {
            await ProgramRun.RunAsync(ProgramRun.OwnStartInfo("chown", ["-R", user, folder], folder), cancellationToken);
        }

        var standby = new StandbyCluster(programs, folder);
        var from = new NpgsqlConnectionStringBuilder(primary);
        await standby.RunAsync(
            "pg_basebackup",
            [
                "--dbname", $"host={from.Host} port={from.Port} user={from.Username} password={from.Password}",
                "--pgdata", standby.DataFolder, "--write-recovery-conf", "--wal-method", "stream", "--checkpoint", "fast", "--no-sync",
            ],
            cancellationToken);
        return standby;
    }

    internal string Address(string primary) => new NpgsqlConnectionStringBuilder(primary) { Port = _port }.ConnectionString;

    internal Task StartAsync(CancellationToken cancellationToken) =>
        ControlAsync(["start", "--log", Path.Combine(_folder, "server.log"), "--options", $"-p {_port.ToString(CultureInfo.InvariantCulture)}"], cancellationToken);

    internal Task StopAsync(CancellationToken cancellationToken) => ControlAsync(["stop", "-m", "fast"], cancellationToken);

    internal Task PromoteAsync(CancellationToken cancellationToken) => ControlAsync(["promote"], cancellationToken);

    public ValueTask DisposeAsync() => _watchdog.DisposeAsync();

    private Task ControlAsync(string[] verb, CancellationToken cancellationToken) =>
        RunAsync("pg_ctl", [.. verb, "--pgdata", DataFolder, "--silent", "--wait"], cancellationToken);

    private async Task RunAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        var run = await ProgramRun.RunAsync(ProgramFolders.Program(_programs, program), arguments, _folder, cancellationToken);
        Assert.AreEqual(0, run.ExitCode, $"{program}: {run.Output}");
    }
}
