using System.Diagnostics;
using Npgsql;
using SyncKit.EfStore.Testing.Clusters;

namespace SyncKit.EfStore.Tests.Notifications;

/// <summary>A real PgBouncer in front of a database of a test; <c>.ci/run</c> installs it.</summary>
internal sealed class PgBouncer : IAsyncDisposable
{
    // Ends with its standard input, also where this process is killed; a line there makes it read its settings again.
    private const string Script =
        """
        "$1" "$2" &
        while read -r line; do kill -HUP $!; done
        kill -INT $!
        wait
        """;

    private static readonly string[] Places = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer", "/opt/homebrew/bin/pgbouncer"];

    private readonly string _folder = Directory.CreateTempSubdirectory("synckit-pgbouncer-").FullName;
    private readonly int _port = FreePort.Next();
    private readonly NpgsqlConnectionStringBuilder _target;
    private readonly Process _process;
    private readonly Task<string> _errors;

    private PgBouncer(string connectionString, string poolMode)
    {
        _target = new NpgsqlConnectionStringBuilder(connectionString);
        ConnectionString = new NpgsqlConnectionStringBuilder(connectionString)
        {
            Host = "127.0.0.1",
            Port = _port,
            SslMode = SslMode.Disable,
            NoResetOnClose = true,
        }.ConnectionString;
        Configure(poolMode);
        if (UnprivilegedUser.Name is { } user)
        {
            using var chown = Process.Start("chown", ["-R", user, _folder]);
            chown.WaitForExit();
        }

        var program = Places.FirstOrDefault(File.Exists)
            ?? throw new AssertFailedException($"This test needs PgBouncer (apt-get install pgbouncer); it is none of {string.Join(", ", Places)}.");
        _process = Process.Start(ProgramRun.StartInfo("/bin/sh", ["-c", Script, "sh", program, Settings], _folder))!;
        _process.StandardOutput.Close();
        _errors = _process.StandardError.ReadToEndAsync();
    }

    /// <summary>The same database, through the pooler.</summary>
    internal string ConnectionString { get; }

    private string Settings => Path.Combine(_folder, "pgbouncer.ini");

    internal static async Task<PgBouncer> StartAsync(string connectionString, string poolMode)
    {
        var pooler = new PgBouncer(connectionString, poolMode);
        try
        {
            await pooler.AnswersAsync();
            return pooler;
        }
        catch
        {
            await pooler.DisposeAsync();
            throw;
        }
    }

    /// <summary>Changes the mode for every client's next transaction.</summary>
    internal async Task ChangeModeAsync(string poolMode)
    {
        Configure(poolMode);
        await _process.StandardInput.WriteLineAsync();
        await _process.StandardInput.FlushAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private void Configure(string poolMode) => File.WriteAllText(Settings, $"""
        [databases]
        * = host={_target.Host} port={_target.Port} user={_target.Username} password={_target.Password}

        [pgbouncer]
        listen_addr = 127.0.0.1
        listen_port = {_port}
        unix_socket_dir =
        auth_type = any
        pool_mode = {poolMode}
        """);

    private async Task AnswersAsync()
    {
        while (true)
        {
            try
            {
                await using var connection = await RawSql.ConnectAsync(ConnectionString);
                await connection.RunAsync("SELECT 1");
                return;
            }
            catch (NpgsqlException) when (!_errors.IsCompleted)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20));
            }
            catch (NpgsqlException error)
            {
                throw new AssertFailedException($"PgBouncer did not start: {await _errors}", error);
            }
        }
    }
}
