using System.Globalization;
using System.Net.Sockets;
using Npgsql;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Testing;

[TestClass]
public sealed class PrivateClusterTests
{
    private const string Settings =
        "SELECT string_agg(name || '=' || setting, ' ' ORDER BY name) FROM pg_settings WHERE name = ANY " +
        "(ARRAY['fsync', 'full_page_writes', 'synchronous_commit', 'max_connections', 'listen_addresses', 'work_mem', 'application_name'])";

    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Cancelled => TestContext.CancellationToken;

    [TestMethod]
    public async Task Starts_answers_and_leaves_nothing_behind()
    {
        string folder, connectionString;
        await using (var server = await StartAsync())
        {
            connectionString = server.ConnectionString;
            folder = await DataFolderAsync(server);
            var version = await Sql.ScalarAsync<string>(connectionString, "SHOW server_version", Cancelled);

            Assert.AreEqual(PostgresSource.LocalPrograms, server.Source);
            Assert.StartsWith($"PostgreSQL {version.Split(' ')[0]}, private cluster from ", server.Description);
            Assert.DoesNotContain(new NpgsqlConnectionStringBuilder(connectionString).Password!, server.Description);
            Assert.IsTrue(Directory.Exists(folder));
        }

        Assert.IsFalse(Directory.Exists(Path.GetDirectoryName(folder)));
        Assert.IsTrue(await IsRefusedAsync(connectionString));
    }

    [TestMethod]
    public async Task Only_the_password_opens_the_door()
    {
        await using var server = await StartAsync();
        var guess = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Password = "postgres", Pooling = false };

        var refusal = await Assert.ThrowsExactlyAsync<PostgresException>(() => Sql.OpenAsync(guess.ConnectionString, Cancelled));

        Assert.AreEqual(PostgresErrorCodes.InvalidPassword, refusal.SqlState);
    }

    [TestMethod]
    public async Task Two_clusters_run_at_once()
    {
        var servers = await Task.WhenAll(StartAsync(), StartAsync());
        await using var first = servers[0];
        await using var second = servers[1];

        Assert.AreNotEqual(await DataFolderAsync(first), await DataFolderAsync(second));
    }

    [TestMethod]
    public async Task A_throwaway_cluster_skips_only_what_protects_against_a_crash_of_the_machine()
    {
        await using var server = await StartAsync();

        Assert.AreEqual(
            "application_name= fsync=off full_page_writes=off listen_addresses=127.0.0.1 max_connections=200 " +
            "synchronous_commit=on work_mem=4096",
            await Sql.ScalarAsync<string>(server.ConnectionString, Settings, Cancelled));
    }

    [TestMethod]
    public async Task A_durable_cluster_keeps_PostgreSQLs_promises_and_settings_of_the_caller_count()
    {
        await using var server = await PostgresServer.StartAsync(
            new PostgresServerOptions
            {
                Sources = [PostgresSource.LocalPrograms],
                Durable = true,
                Settings = new Dictionary<string, string>
                {
                    ["max_connections"] = "20",
                    ["work_mem"] = "5MB",
                    ["application_name"] = @"it's a \ test",
                    ["listen_addresses"] = "*",
                },
            },
            Cancelled);

        Assert.AreEqual(
            @"application_name=it's a \ test fsync=on full_page_writes=on listen_addresses=127.0.0.1 max_connections=20 " +
            "synchronous_commit=on work_mem=5120",
            await Sql.ScalarAsync<string>(server.ConnectionString, Settings, Cancelled));
    }

    [TestMethod]
    [DataRow(ServerShutdown.Fast)]
    [DataRow(ServerShutdown.Immediate)]
    public async Task Starts_again_on_the_same_port_with_its_data(ServerShutdown mode)
    {
        await using var server = await StartAsync();
        var connectionString = server.ConnectionString;
        await Sql.ExecuteAsync(connectionString, "CREATE TABLE kept AS SELECT 42 AS answer", Cancelled);
        await using var connected = await Sql.OpenAsync(connectionString, Cancelled);

        await server.StopAsync(mode, Cancelled);
        await server.StopAsync(mode, Cancelled);

        Assert.IsTrue(await IsRefusedAsync(connectionString));
        await Sql.LostAsync(connected, Cancelled);

        await server.StartAgainAsync(Cancelled);
        await server.StartAgainAsync(Cancelled);

        Assert.AreEqual(connectionString, server.ConnectionString);
        Assert.AreEqual(42, await Sql.ScalarAsync<int>(connectionString, "SELECT answer FROM kept", Cancelled));
    }

    [TestMethod]
    public async Task Starting_again_on_a_port_that_was_taken_shows_the_servers_log()
    {
        await using var server = await StartAsync();
        var port = new NpgsqlConnectionStringBuilder(server.ConnectionString).Port;
        await server.StopAsync(ServerShutdown.Fast, Cancelled);
        using var thief = new TcpListener(System.Net.IPAddress.Loopback, port);
        thief.Start();

        var failure = await Assert.ThrowsExactlyAsync<PostgresUnavailableException>(() => server.StartAgainAsync(Cancelled));

        var address = string.Create(CultureInfo.InvariantCulture, $"The private cluster did not start again on port {port}: ");
        Assert.StartsWith(address, failure.Message);
        Assert.Contains("could not create any TCP/IP sockets", failure.Message);
    }

    [TestMethod]
    public async Task A_setting_that_the_server_refuses_shows_its_log()
    {
        var failure = await Assert.ThrowsExactlyAsync<PostgresUnavailableException>(() => PostgresServer.StartAsync(
            new PostgresServerOptions
            {
                Sources = [PostgresSource.LocalPrograms],
                Settings = new Dictionary<string, string> { ["wal_level"] = "nonsense" },
            },
            Cancelled));

        Assert.Contains("invalid value for parameter \"wal_level\": \"nonsense\"", failure.Reasons[PostgresSource.LocalPrograms]);
    }

    [TestMethod]
    public async Task A_killed_owner_leaves_no_server_and_no_folder_behind()
    {
        var (owner, connectionString) = await ServerOwner.StartAsync(Cancelled);
        using var _ = owner;
        await using var connected = await Sql.OpenAsync(connectionString, Cancelled);
        var data = await Sql.ScalarAsync<string>(connectionString, "SHOW data_directory", Cancelled);
        var folder = Path.GetDirectoryName(data)!;
        using var removal = new FileSystemWatcher(Path.GetDirectoryName(folder)!, Path.GetFileName(folder));
        var removed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        removal.Deleted += (_, _) => removed.TrySetResult();
        removal.EnableRaisingEvents = true;

        owner.Kill(); // SIGKILL: the child has no say in what happens next.

        await Sql.LostAsync(connected, Cancelled);
        await removed.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancelled);
        Assert.IsFalse(Directory.Exists(folder));
        Assert.IsTrue(await IsRefusedAsync(connectionString));
    }

    [TestMethod]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)] // The stand-in for initdb is a shell script.
    public async Task A_cancelled_start_ends_its_programs_and_leaves_nothing_behind()
    {
        using var programs = new FakePrograms(
            initdb: "echo \"$$ $2\" >\"$here/began.new\"; mv \"$here/began.new\" \"$here/began\"; exec sleep 600");
        using var cancel = new CancellationTokenSource();
        var start = PostgresServer.StartAsync(
            new PostgresServerOptions { Sources = [PostgresSource.LocalPrograms], ProgramsDirectory = programs.Folder }, cancel.Token);
        var began = (await programs.ReadWhenWrittenAsync("began", Cancelled)).Trim().Split(' ', 2);

        await cancel.CancelAsync();

        await Assert.ThrowsAsync<OperationCanceledException>(() => start);
        Assert.IsFalse(Directory.Exists(Path.GetDirectoryName(began[1])));
        Assert.IsFalse(Directory.Exists($"/proc/{began[0]}"));
    }

    private Task<PostgresServer> StartAsync() =>
        PostgresServer.StartAsync(new PostgresServerOptions { Sources = [PostgresSource.LocalPrograms] }, Cancelled);

    private Task<string> DataFolderAsync(PostgresServer server) =>
        Sql.ScalarAsync<string>(server.ConnectionString, "SHOW data_directory", Cancelled);

    private async Task<bool> IsRefusedAsync(string connectionString)
    {
        try
        {
            await using var connection = await Sql.OpenAsync(connectionString, Cancelled);
            return false;
        }
        catch (NpgsqlException error) when (error.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused })
        {
            return true;
        }
    }
}
