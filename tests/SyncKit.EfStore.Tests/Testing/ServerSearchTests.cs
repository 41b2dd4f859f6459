using System.Diagnostics;
using System.Net.Sockets;
using Npgsql;
using SyncKit.EfStore.Testing;
using SyncKit.EfStore.Testing.Clusters;
using SyncKit.EfStore.Testing.Sources;

namespace SyncKit.EfStore.Tests.Testing;

[TestClass]
public sealed class ServerSearchTests
{
    // Port 1 of this machine: nobody listens there, and saying so takes no time.
    private const string NobodyThere = "Host=127.0.0.1;Port=1;Username=someone;Password=hush;Database=events";

    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Cancelled => TestContext.CancellationToken;

    [TestMethod]
    public async Task Nothing_found_lists_the_four_ways_and_what_to_do()
    {
        using var downloads = new TemporaryFolder();
        var refused = new SocketException((int)SocketError.ConnectionRefused).Message; // The system's words.

        var failure = await Assert.ThrowsExactlyAsync<PostgresUnavailableException>(
            () => PostgresServer.StartInAsync(new PostgresServerOptions(), NothingHere(downloads), Cancelled));

        Assert.AreEqual(
            $"""
            No PostgreSQL could be found or started. There are four ways; tried in this order:
            - environment variable ConnectionStrings__EventStore: it is not set.
            - Docker, through Testcontainers: no Docker daemon answers.
            - PostgreSQL programs on this machine: no folder has initdb, pg_ctl and postgres of version 14 or later (looked in {ProgramFolders.Searched}).
            - a download by MysticMind.PostgresEmbed: PostgreSQL 17.6.0 could not be downloaded: {refused}.
            Do one of these: set ConnectionStrings__EventStore to a server on which you may create databases; start Docker; install PostgreSQL 14 or later; let this machine reach the internet, so that PostgreSQL can be downloaded.
            """.ReplaceLineEndings("\n"),
            failure.Message);
        Assert.HasCount(4, failure.Reasons);
    }

    [TestMethod]
    public async Task Sources_that_were_left_out_are_listed_as_not_tried()
    {
        using var downloads = new TemporaryFolder();
        var options = new PostgresServerOptions { Sources = [PostgresSource.Docker] };

        var failure = await Assert.ThrowsExactlyAsync<PostgresUnavailableException>(
            () => PostgresServer.StartInAsync(options, NothingHere(downloads), Cancelled));

        Assert.Contains(
            "- a download by MysticMind.PostgresEmbed: not tried, as PostgresServerOptions.Sources leaves it out.", failure.Message);
        CollectionAssert.AreEqual(new[] { PostgresSource.Docker }, failure.Reasons.Keys.ToArray());
    }

    [TestMethod]
    public async Task A_configured_server_is_preferred_and_keeps_nothing_of_ours()
    {
        await using var theirs = await PostgresServer.StartAsync(
            new PostgresServerOptions { Sources = [PostgresSource.LocalPrograms] }, Cancelled);
        var surroundings = new Surroundings { ConfiguredConnectionString = theirs.ConnectionString };
        var before = await DatabasesAsync(theirs);
        await using (var server = await PostgresServer.StartInAsync(new PostgresServerOptions(), surroundings, Cancelled))
        {
            await server.CreateDatabaseAsync(Cancelled);

            Assert.AreEqual(before + 2, await DatabasesAsync(theirs), "The database and its template.");
            Assert.AreEqual(PostgresSource.ConfiguredConnectionString, server.Source);
            Assert.AreEqual(theirs.ConnectionString, server.ConnectionString);
            Assert.EndsWith(", from ConnectionStrings__EventStore", server.Description);
            Assert.DoesNotContain(new NpgsqlConnectionStringBuilder(theirs.ConnectionString).Password!, server.Description);
        }

        Assert.AreEqual(before, await DatabasesAsync(theirs));
    }

    [TestMethod]
    public async Task A_configured_server_cannot_be_stopped()
    {
        var theirs = await TestServer.GetAsync();
        var surroundings = new Surroundings { ConfiguredConnectionString = theirs.ConnectionString };
        await using var server = await PostgresServer.StartInAsync(new PostgresServerOptions(), surroundings, Cancelled);

        var refusal = await Assert.ThrowsExactlyAsync<NotSupportedException>(() => server.StopAsync(ServerShutdown.Fast, Cancelled));

        Assert.AreEqual(
            $"Only a private cluster can be stopped and started again; this server is {server.Description}.", refusal.Message);
    }

    [TestMethod]
    public async Task A_configured_server_that_is_not_there_is_an_error_and_no_other_is_taken()
    {
        var surroundings = new Surroundings { ConfiguredConnectionString = NobodyThere };

        var failure = await Assert.ThrowsExactlyAsync<PostgresUnavailableException>(
            () => PostgresServer.StartInAsync(new PostgresServerOptions(), surroundings, Cancelled));

        Assert.AreEqual(
            "The PostgreSQL that was configured cannot be used (database 'events' at 127.0.0.1:1, from ConnectionStrings__EventStore): " +
            "Failed to connect to 127.0.0.1:1 " +
            "Start that server or correct ConnectionStrings__EventStore; unset it to let another one be found.",
            failure.Message);
        Assert.DoesNotContain("hush", failure.ToString());
    }

    [TestMethod]
    public async Task A_configured_host_that_does_not_exist_is_the_same_error()
    {
        var surroundings = new Surroundings { ConfiguredConnectionString = "Host=nowhere.invalid;Username=someone;Password=hush" };

        var failure = await Assert.ThrowsExactlyAsync<PostgresUnavailableException>(
            () => PostgresServer.StartInAsync(new PostgresServerOptions(), surroundings, Cancelled));

        Assert.StartsWith("The PostgreSQL that was configured cannot be used (", failure.Message);
    }

    [TestMethod]
    public async Task A_configured_text_that_is_no_connection_string_is_not_repeated()
    {
        var surroundings = new Surroundings { ConfiguredConnectionString = "Host=localhost;Password=ab;hush=1;Port=hush" };

        var failure = await Assert.ThrowsExactlyAsync<PostgresUnavailableException>(
            () => PostgresServer.StartInAsync(new PostgresServerOptions(), surroundings, Cancelled));

        Assert.Contains("it is not an Npgsql connection string.", failure.Message);
        Assert.DoesNotContain("hush", failure.ToString());
    }

    [TestMethod]
    public async Task A_Docker_daemon_that_does_not_answer_is_not_waited_for()
    {
        using var never = new ManualResetEventSlim();
        var surroundings = new Surroundings
        {
            ConfiguredConnectionString = null,
            DockerAnswers = () => never.Wait(Timeout.Infinite, Cancelled) && false,
        };
        var elapsed = Stopwatch.StartNew();

        var failure = await Assert.ThrowsExactlyAsync<PostgresUnavailableException>(() => PostgresServer.StartInAsync(
            new PostgresServerOptions { Sources = [PostgresSource.Docker] }, surroundings, Cancelled));
        never.Set();

        Assert.AreEqual("no Docker daemon answered within 2 s.", failure.Reasons[PostgresSource.Docker]);
        Assert.IsLessThan(TimeSpan.FromSeconds(10), elapsed.Elapsed);
    }

    [TestMethod]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)] // The stand-ins are shell scripts.
    public async Task Programs_that_are_too_old_are_named()
    {
        using var old = new FakePrograms(version: "13.22");

        var failure = await Assert.ThrowsExactlyAsync<PostgresUnavailableException>(() => PostgresServer.StartAsync(
            new PostgresServerOptions { Sources = [PostgresSource.LocalPrograms], ProgramsDirectory = old.Folder }, Cancelled));

        Assert.AreEqual(
            $"no folder has initdb, pg_ctl and postgres of version 14 or later ({old.Folder} is version 13).",
            failure.Reasons[PostgresSource.LocalPrograms]);
    }

    [TestMethod]
    public async Task A_chosen_folder_without_programs_is_named()
    {
        using var empty = new TemporaryFolder();

        var failure = await Assert.ThrowsExactlyAsync<PostgresUnavailableException>(() => PostgresServer.StartAsync(
            new PostgresServerOptions { Sources = [PostgresSource.LocalPrograms], ProgramsDirectory = empty.Path }, Cancelled));

        Assert.AreEqual(
            $"PostgresServerOptions.ProgramsDirectory '{empty.Path}' has no initdb, pg_ctl and postgres.",
            failure.Reasons[PostgresSource.LocalPrograms]);
    }

    [TestMethod]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    public async Task Programs_chosen_by_the_environment_are_an_error_where_they_do_not_work_and_no_other_server_is_taken()
    {
        using var old = new FakePrograms(version: "13.22");
        var surroundings = new Surroundings
        {
            ConfiguredConnectionString = null,
            ChosenPrograms = old.Folder,
            DockerAnswers = () => throw new AssertFailedException("Docker was asked."),
            DownloadRepository = "http://127.0.0.1:1",
        };

        var failure = await Assert.ThrowsExactlyAsync<PostgresUnavailableException>(
            () => PostgresServer.StartInAsync(new PostgresServerOptions(), surroundings, Cancelled));

        Assert.Contains($"of version 14 or later ({old.Folder} is version 13).", failure.Message);
        Assert.Contains("- Docker, through Testcontainers: not tried, as SYNCKIT_POSTGRES_PROGRAMS is set.", failure.Message);
        Assert.HasCount(2, failure.Reasons);
    }

    [TestMethod]
    public async Task Programs_chosen_by_the_environment_are_taken_before_those_of_the_machine()
    {
        var real = new Surroundings().ChosenPrograms ?? ProgramFolders.OnThisMachine().First(ProgramFolders.HasAllPrograms);
        var surroundings = new Surroundings
        {
            ConfiguredConnectionString = null,
            ChosenPrograms = real,
            DockerAnswers = () => throw new AssertFailedException("Docker was asked."),
            ProgramDirectories = [],
        };

        await using var server = await PostgresServer.StartInAsync(new PostgresServerOptions(), surroundings, Cancelled);

        Assert.AreEqual(PostgresSource.LocalPrograms, server.Source);
        Assert.EndsWith($"private cluster from {ProgramFolders.Resolve(real)}", server.Description);
    }

    [TestMethod]
    public async Task A_chosen_folder_of_the_environment_without_programs_is_named()
    {
        using var empty = new TemporaryFolder();
        var surroundings = new Surroundings { ConfiguredConnectionString = null, ChosenPrograms = empty.Path };

        var failure = await Assert.ThrowsExactlyAsync<PostgresUnavailableException>(
            () => PostgresServer.StartInAsync(new PostgresServerOptions(), surroundings, Cancelled));

        Assert.AreEqual(
            $"SYNCKIT_POSTGRES_PROGRAMS '{empty.Path}' has no initdb, pg_ctl and postgres.", failure.Reasons[PostgresSource.LocalPrograms]);
    }

    [TestMethod]
    public async Task Options_that_cannot_work_are_refused()
    {
        var noSource = await Assert.ThrowsExactlyAsync<ArgumentException>(
            () => PostgresServer.StartAsync(new PostgresServerOptions { Sources = [] }, Cancelled));
        var noSetting = await Assert.ThrowsExactlyAsync<ArgumentException>(() => PostgresServer.StartAsync(
            new PostgresServerOptions { Settings = new Dictionary<string, string> { ["work mem"] = "1MB" } }, Cancelled));

        Assert.AreEqual("PostgresServerOptions.Sources must name at least one source; it is empty.", noSource.Message);
        Assert.AreEqual("PostgresServerOptions.Settings names 'work mem', which cannot be a PostgreSQL setting.", noSetting.Message);
    }

    private Task<long> DatabasesAsync(PostgresServer server) =>
        Sql.ScalarAsync<long>(server.ConnectionString, "SELECT count(*) FROM pg_database", Cancelled);

    private static Surroundings NothingHere(TemporaryFolder downloads) => new()
    {
        ConfiguredConnectionString = null,
        ChosenPrograms = null,
        DockerAnswers = () => false,
        ProgramDirectories = [],
        DownloadRepository = "http://127.0.0.1:1",
        DownloadFolder = downloads.Path,
    };
}
