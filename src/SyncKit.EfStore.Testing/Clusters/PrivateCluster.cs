using System.Globalization;
using System.Security.Cryptography;
using Npgsql;
using SyncKit.EfStore.Testing.Sources;

namespace SyncKit.EfStore.Testing.Clusters;

/// <summary>
/// A cluster in a temporary folder, with a server that only this machine can reach and only who knows its password can use.
/// pg_ctl puts the server in a session of its own, so Ctrl-C in a terminal reaches our program and not its database.
/// Not safe for several threads; <see cref="PostgresServer"/> sees to that.
/// </summary>
internal sealed class PrivateCluster : IServerHost
{
    private const int PortAttempts = 5;
    private const int LogTailLines = 20;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly string _programs;
    private readonly string _folder;
    private readonly string _password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
    private Watchdog? _watchdog;
    private int _port;
    private bool _running;

    private PrivateCluster(string programs, string origin, bool durable)
    {
        _programs = programs;
        Origin = origin;
        _folder = ClusterFolder.Create(durable);
    }

    public string Origin { get; }

    public string ConnectionString => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = _port,
        Username = "postgres",
        Password = _password,
        Database = "postgres",
    }.ConnectionString;

    private string DataFolder => Path.Combine(_folder, "data");

    private string LogFile => Path.Combine(_folder, "server.log");

    /// <exception cref="SourceUnavailableException">The programs failed; nothing is left behind.</exception>
    internal static async Task<PrivateCluster> StartAsync(
        string programs, string origin, PostgresServerOptions options, CancellationToken cancellationToken)
    {
        var cluster = new PrivateCluster(programs, origin, options.Durable);
        try
        {
            await cluster.InitialiseAsync(options, cancellationToken).ConfigureAwait(false);
            await cluster.StartOnSomePortAsync(cancellationToken).ConfigureAwait(false);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    internal async Task StopAsync(ServerShutdown mode, CancellationToken cancellationToken)
    {
        if (!_running)
        {
            return;
        }

        var how = mode == ServerShutdown.Immediate ? "immediate" : "fast";
        var stop = await ControlAsync(["stop", "-m", how], cancellationToken).ConfigureAwait(false);
        _running = stop.ExitCode != 0;
        if (_running)
        {
            throw Failed($"The private cluster on port {_port} did not stop: {stop.Output.Trim()}");
        }
    }

    internal async Task StartAgainAsync(CancellationToken cancellationToken)
    {
        if (!_running && await TryStartAsync(cancellationToken).ConfigureAwait(false) is { } failure)
        {
            throw Failed($"The private cluster did not start again on port {_port}: {failure}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        _running = false;
        if (_watchdog is not null)
        {
            await _watchdog.DisposeAsync().ConfigureAwait(false);
        }

        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true); // The watchdog had not been started, or was killed.
        }
    }

    private async Task InitialiseAsync(PostgresServerOptions options, CancellationToken cancellationToken)
    {
        var passwordFile = Path.Combine(_folder, "password"); // In a folder of mode 0700, unlike a command line.
        await File.WriteAllTextAsync(passwordFile, _password, cancellationToken).ConfigureAwait(false);
        if (UnprivilegedUser.Name is { } user)
        {
            await GiveFolderToAsync(user, cancellationToken).ConfigureAwait(false);
        }

        _watchdog = Watchdog.Start(_programs, _folder);
        var initdb = await RunAsync(
            "initdb",
            [
                "--pgdata", DataFolder, "--username", "postgres", "--auth", "scram-sha-256", "--pwfile", passwordFile,
                "--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions",
            ],
            cancellationToken).ConfigureAwait(false);
        if (initdb.ExitCode != 0)
        {
            throw new SourceUnavailableException($"initdb of {_programs} failed:\n{initdb.Output.Trim()}");
        }

        File.Delete(passwordFile);
        await ConfigureAsync(ServerSettings.For(options), cancellationToken).ConfigureAwait(false);
        await ConfigureAsync(
            new Dictionary<string, string> { ["listen_addresses"] = "127.0.0.1", ["unix_socket_directories"] = "" },
            cancellationToken).ConfigureAwait(false);
    }

    private async Task GiveFolderToAsync(string user, CancellationToken cancellationToken)
    {
        var chown = await ProgramRun.RunAsync(ProgramRun.OwnStartInfo("chown", ["-R", user, _folder], _folder), cancellationToken)
            .ConfigureAwait(false);
        if (chown.ExitCode != 0)
        {
            throw new SourceUnavailableException(
                $"PostgreSQL refuses to run as root, and its folder could not be given to '{user}': {chown.Output.Trim()}");
        }
    }

    private async Task StartOnSomePortAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            _port = FreePort.Next();
            await ConfigureAsync(
                new Dictionary<string, string> { ["port"] = _port.ToString(CultureInfo.InvariantCulture) },
                cancellationToken).ConfigureAwait(false);
            var failure = await TryStartAsync(cancellationToken).ConfigureAwait(false);
            if (failure is null)
            {
                return;
            }

            // Another program may have taken the port between our look and the server's; any other fault would only repeat itself.
            if (attempt == PortAttempts || FreePort.IsFree(_port))
            {
                throw new SourceUnavailableException($"the server of {_programs} did not start: {failure}");
            }
        }
    }

    /// <summary>Starts the server and waits until it accepts connections. Returns what went wrong, or nothing.</summary>
    private async Task<string?> TryStartAsync(CancellationToken cancellationToken)
    {
        var start = await ControlAsync(["start", "--log", LogFile], cancellationToken).ConfigureAwait(false);
        _running = start.ExitCode == 0;
        return _running ? null : $"{start.Output.Trim()}\n{LogTail()}".Trim();
    }

    private Task<ProgramRun> ControlAsync(string[] verb, CancellationToken cancellationToken) =>
        RunAsync(
            "pg_ctl",
            [.. verb, "--pgdata", DataFolder, "--silent", "--wait", "--timeout", Limit.TotalSeconds.ToString(CultureInfo.InvariantCulture)],
            cancellationToken);

    private async Task<ProgramRun> RunAsync(string program, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        // pg_ctl keeps the limit itself and says so; a little more for it to do that.
        using var limit = new CancellationTokenSource(Limit + TimeSpan.FromSeconds(5), TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await ProgramRun.RunAsync(ProgramFolders.Program(_programs, program), arguments, _folder, either.Token)
                .ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new ProgramRun(-1, $"{program} did not end within {Limit.TotalSeconds:0} s.");
        }
    }

    private Task ConfigureAsync(IEnumerable<KeyValuePair<string, string>> settings, CancellationToken cancellationToken) =>
        File.AppendAllTextAsync(Path.Combine(DataFolder, "postgresql.conf"), ConfigurationFile.Lines(settings), cancellationToken);

    private string LogTail() =>
        File.Exists(LogFile) ? string.Join('\n', File.ReadLines(LogFile).TakeLast(LogTailLines)) : "";

    private static PostgresUnavailableException Failed(string message) =>
        new(message, new Dictionary<PostgresSource, string> { [PostgresSource.LocalPrograms] = message });
}
