using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using SyncKit.EfStore.Storage;
using SyncKit.EfStore.Tests.Cli;
using SyncKit.EfStore.Tests.Notifications;

namespace SyncKit.EfStore.Tests.Storage;

/// <summary>A real server with a certificate of its own CA.</summary>
[TestClass]
public sealed class TlsTests
{
    private static TlsServer _tls = null!;

    [ClassInitialize]
    public static async Task Start(TestContext context) => _tls = await TlsServer.StartAsync(context.CancellationToken);

    [ClassCleanup]
    public static async Task Stop() => await _tls.DisposeAsync();

    [TestMethod]
    [DataRow(TlsServer.TlsRole)]
    [DataRow(TlsServer.CertificateRole)]
    public async Task Store_listener_and_tool_work_with_VerifyFull(string role)
    {
        var connectionString = _tls.For(role);
        await using var host = await ListeningHost.StartAsync(connectionString);
        var all = host.ObserveAll();
        await host.AllInPlaceAsync();

        var id = await host.AppendAsync("stream-" + role);
        await all.WaitForIdAsync(id);

        Assert.AreEqual(ListenerStatus.Live, host.Store.ListenerState.Status);
        await using var connection = await RawSql.ConnectAsync(_tls.Database.ConnectionString);
        Assert.AreEqual(
            "SyncKit.EfStore listener=true, SyncKit.EfStore=true",
            await connection.ScalarAsync<string>(
                """
                SELECT string_agg(DISTINCT application_name || '=' || ssl, ', ')
                FROM pg_stat_activity JOIN pg_stat_ssl USING (pid) WHERE usename = $1
                """,
                role));
        var read = await SynckitProcess.RunAsync(connectionString, "read", "--stream", "stream-" + role);
        Assert.AreEqual((0, ""), (read.ExitCode, read.Error));
        Assert.Contains(id, read.Output);
        var migrated = await SynckitProcess.RunAsync(connectionString, "migrate");
        Assert.AreEqual(0, migrated.ExitCode, migrated.Error);
        Assert.DoesNotContain(line => line.Contains("not encrypted", StringComparison.Ordinal), host.Log.Items);
    }

    public static IEnumerable<(string Case, UnavailableReason Reason, string Advice, Func<string> ConnectionString)> Refusals =>
    [
        ("no CA is named", UnavailableReason.TlsFailed, "Set Root Certificate", () => _tls.For(TlsServer.TlsRole, to => to.RootCertificate = null)),
        (
            "another CA is named",
            UnavailableReason.TlsFailed,
            "Set Root Certificate",
            () => _tls.For(TlsServer.TlsRole, to => to.RootCertificate = _tls.PathOf("stranger.crt"))
        ),
        ("the host has another name", UnavailableReason.TlsFailed, "Host to a name", () => _tls.For(TlsServer.TlsRole, to => to.Host = "127.0.0.1")),
        (
            "the CA's file is missing",
            UnavailableReason.TlsFailed,
            "Root Certificate of the connection string",
            () => _tls.For(TlsServer.TlsRole, to => to.RootCertificate = _tls.PathOf("missing.crt"))
        ),
        (
            "the CA's file holds something else",
            UnavailableReason.TlsFailed,
            "Root Certificate of the connection string",
            () => _tls.For(TlsServer.TlsRole, to => to.RootCertificate = _tls.PathOf("pg_hba.conf"))
        ),
        (
            "the server has no TLS",
            UnavailableReason.TlsFailed,
            "offers no TLS",
            () => new NpgsqlConnectionStringBuilder(_withoutTls) { SslMode = SslMode.Require }.ConnectionString
        ),
        (
            "the server wants TLS",
            UnavailableReason.AuthenticationFailed,
            "set SSL Mode=VerifyFull",
            () => _tls.For(TlsServer.TlsRole, to => (to.SslMode, to.RootCertificate) = (SslMode.Disable, null))
        ),
        (
            "the server wants a certificate",
            UnavailableReason.AuthenticationFailed,
            "SSL Certificate and SSL Key",
            () => _tls.For(TlsServer.CertificateRole, to => (to.SslCertificate, to.SslKey) = (null, null))
        ),
        (
            "the client's certificate is missing",
            UnavailableReason.TlsFailed,
            "SSL Certificate or SSL Key",
            () => _tls.For(TlsServer.CertificateRole, to => to.SslCertificate = _tls.PathOf("missing.crt"))
        ),
        (
            "the client's key is of another certificate",
            UnavailableReason.TlsFailed,
            "SSL Certificate or SSL Key",
            () => _tls.For(TlsServer.CertificateRole, to => to.SslKey = _tls.PathOf("impostor.key"))
        ),
        (
            "the client's key holds something else",
            UnavailableReason.TlsFailed,
            "SSL Certificate or SSL Key",
            () => _tls.For(TlsServer.CertificateRole, to => to.SslKey = _tls.PathOf("pg_hba.conf"))
        ),
    ];

    private static string _withoutTls = "";

    [TestMethod]
    [DynamicData(nameof(Refusals), DynamicDataDisplayName = nameof(CaseName))]
    public async Task Where_it_cannot_work_store_listener_and_migration_say_why_and_what_to_do(
        string name, UnavailableReason reason, string advice, Func<string> connectionString)
    {
        _ = name;
        _withoutTls = (await TestServer.GetAsync()).ConnectionString;
        var to = connectionString();
        await using var store = new TestStore(to);

        var appending = await Assert.ThrowsExactlyAsync<EventStoreUnavailableException>(() => store.Events.StoreAsync(Sample.Event("stream")));
        var reading = await Assert.ThrowsExactlyAsync<EventStoreUnavailableException>(() => store.Events.GetLatestVersionAsync());
        var migrating = await Assert.ThrowsExactlyAsync<EventStoreUnavailableException>(() => EventStoreSchema.MigrateAsync(to));
        await using var host = await ListeningHost.StartAsync(to, options => options.MaxReconnectAttempts = 1);

        foreach (var error in (EventStoreUnavailableException[])[appending, reading, migrating])
        {
            Assert.AreEqual(reason, error.Reason);
            Assert.Contains(advice, error.Message);
            Assert.DoesNotContain(TlsServer.Password, error.ToString());
        }

        Assert.AreEqual(ListenerStatus.Failed, host.Store.ListenerState.Status);
        Assert.Contains(advice, host.Store.ListenerState.Reason!);
        Assert.IsFalse(PostgresErrors.IsTransient(appending.InnerException!));
    }

    [TestMethod]
    public async Task A_client_certificate_of_another_CA_opens_nothing()
    {
        await using var store = new TestStore(
            _tls.For(TlsServer.CertificateRole, to => (to.SslCertificate, to.SslKey) = (_tls.PathOf("impostor.crt"), _tls.PathOf("impostor.key"))));

        var refused = await Assert.ThrowsExactlyAsync<EventStoreUnavailableException>(() => store.Events.GetLatestVersionAsync());

        // The end of the connection may overtake what the server said about it.
        Assert.Contains("must be", refused.Message);
        Assert.Contains("signed by a CA of the server's ssl_ca_file", refused.Message);
        Assert.IsTrue(refused.Reason is UnavailableReason.TlsFailed or UnavailableReason.ConnectionLost, refused.ToString());
    }

    [TestMethod]
    public void What_the_server_says_about_the_clients_certificate_is_not_taken_for_a_fault_of_its_own()
    {
        var alert = new System.Security.Cryptography.CryptographicException("tlsv1 alert unknown ca");
        foreach (var inner in (Exception[])
        [
            new System.Security.Authentication.AuthenticationException("Authentication failed.", alert),
            new IOException("The decryption operation failed.", new IOException("Decrypt failed.", alert)),
        ])
        {
            var error = new NpgsqlException("Exception while performing SSL handshake", inner);
            var told = (EventStoreUnavailableException)PostgresErrors.Translate(error, "database 'a' at b:1");

            Assert.AreEqual(UnavailableReason.TlsFailed, told.Reason);
            Assert.AreEqual(
                "The server of database 'a' at b:1 ended TLS: tlsv1 alert unknown ca. Where it asks for a client certificate, SSL Certificate and SSL Key "
                    + "must be of one that is in date and signed by a CA of the server's ssl_ca_file.",
                told.Message);
            Assert.IsFalse(PostgresErrors.IsTransient(error));
        }

        var broken = new NpgsqlException("Exception while reading from stream", new IOException("Connection reset by peer"));
        Assert.AreEqual(UnavailableReason.ConnectionLost, ((EventStoreUnavailableException)PostgresErrors.Translate(broken, "")).Reason);
        Assert.IsTrue(PostgresErrors.IsTransient(broken));
    }

    public static string CaseName(System.Reflection.MethodInfo method, object[] data) => $"{method.Name} ({data[0]})";

    [TestMethod]
    public async Task The_tool_says_it_too()
    {
        var untrusted = await SynckitProcess.RunAsync(_tls.For(TlsServer.TlsRole, to => to.RootCertificate = null), "read");
        var without = await SynckitProcess.RunAsync(_tls.For(TlsServer.CertificateRole, to => (to.SslCertificate, to.SslKey) = (null, null)), "read");

        Assert.AreEqual((1, ""), (untrusted.ExitCode, untrusted.Output));
        Assert.Contains("Set Root Certificate", untrusted.Error);
        Assert.AreEqual((1, ""), (without.ExitCode, without.Output));
        Assert.Contains("SSL Certificate and SSL Key", without.Error);
    }

    [TestMethod]
    [DataRow("localhost", true, SslMode.Disable, 1)]
    [DataRow("localhost", true, SslMode.Prefer, 0)]
    [DataRow("localhost", true, SslMode.Require, 0)]
    [DataRow("localhost", false, SslMode.Disable, 0)]
    [DataRow("127.0.0.1", false, SslMode.Disable, 0)]
    public async Task A_server_elsewhere_that_is_reached_in_the_clear_is_warned_of_once(string name, bool elsewhere, SslMode mode, int warnings)
    {
        var connectionString = new NpgsqlConnectionStringBuilder(_tls.Database.ConnectionString) { Host = name, SslMode = mode }.ConnectionString;
        await using var host = await ListeningHost.StartAsync(connectionString, services: services =>
        {
            if (elsewhere)
            {
                services.AddSingleton(provider => new PlainTextWarning(provider.GetRequiredService<ILogger<PlainTextWarning>>())
                {
                    IsLocal = (_, _) => Task.FromResult(false),
                });
            }
        });
        var states = host.ObserveStates();
        await host.AppendAsync("a");

        await host.KillListenerAsync();
        await states.WaitForAsync("reconnecting", state => state.Status == ListenerStatus.Reconnecting);
        await states.WaitForAsync("live again", state => state.Status == ListenerStatus.Live && states.Items.Any(one => one.Status == ListenerStatus.Reconnecting));
        await host.AppendAsync("a");

        var port = new NpgsqlConnectionStringBuilder(connectionString).Port;
        CollectionAssert.AreEqual(
            Enumerable.Repeat(
                $"Warning 410: The connection to {name}:{port} is not encrypted, and that is not this machine: events can be read and changed on the way. "
                    + "Set SSL Mode=VerifyFull, and Root Certificate where the server's CA is your own, in the connection string.",
                warnings).ToArray(),
            host.Log.Items.Where(line => line.Contains(" 410:", StringComparison.Ordinal)).Select(line => line.TrimEnd()).ToArray());
    }

    [TestMethod]
    [DataRow(null, true)]
    [DataRow("/var/run/postgresql", true)]
    [DataRow("@abstract", true)]
    [DataRow("localhost", true)]
    [DataRow("127.0.0.1", true)]
    [DataRow("127.8.9.10", true)]
    [DataRow("::1", true)]
    [DataRow("192.0.2.1", false)]
    [DataRow("2001:db8::1", false)]
    [DataRow("no-such-host.invalid", false)]
    public async Task Sockets_and_loopback_are_this_machine(string? host, bool local) =>
        Assert.AreEqual(local, await PlainTextWarning.IsThisMachineAsync(host, CancellationToken.None));
}
