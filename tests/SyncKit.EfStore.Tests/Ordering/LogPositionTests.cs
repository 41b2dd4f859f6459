using Npgsql;
using SyncKit.EfStore.Ordering;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Ordering;

/// <summary>A position that was kept is found out where the log no longer is what it was.</summary>
[TestClass]
public sealed class LogPositionTests : IAsyncDisposable
{
    private PostgresDatabase _database = null!;
    private NpgsqlConnection _connection = null!;

    [TestInitialize]
    public async Task Open()
    {
        _database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        _connection = await RawSql.ConnectAsync(_database.ConnectionString);
        await _connection.RunAsync("INSERT INTO events (id, aggregate_id, event_type, stream_version) VALUES ('1', 'a', 'T', 1), ('2', 'a', 'T', 2), ('3', 'a', 'T', 3)");
    }

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _database.DisposeAsync();
    }

    [TestMethod]
    public async Task A_position_names_its_event_and_its_cluster_and_holds_while_the_log_grows()
    {
        var position = await LogPositionCheck.ReadAsync(_connection, 2, default);
        await _connection.RunAsync("INSERT INTO events (id, aggregate_id, event_type, stream_version) VALUES ('4', 'a', 'T', 4)");

        Assert.AreEqual((2L, "2", 1), (position.Version.Value, position.EventId, position.Timeline));
        Assert.AreEqual(await _connection.ScalarAsync<long>("SELECT system_identifier FROM pg_control_system()"), position.SystemIdentifier);
        await LogPositionCheck.VerifyAsync(_connection, position, default);
    }

    [TestMethod]
    public async Task A_switchover_or_an_upgrade_without_loss_is_no_rewind()
    {
        var position = await LogPositionCheck.ReadAsync(_connection, 3, default);
        await LogPositionCheck.VerifyAsync(_connection, position with { SystemIdentifier = 1, Timeline = 7 }, default);
    }

    [TestMethod]
    [DataRow("DELETE FROM events WHERE version >= 3", null, 2)]
    [DataRow("DELETE FROM events WHERE version >= 3; ALTER SEQUENCE events_version_seq RESTART WITH 3; INSERT INTO events (id, aggregate_id, event_type, stream_version) VALUES ('x', 'a', 'T', 3), ('y', 'a', 'T', 4)", "x", 4)]
    [DataRow("TRUNCATE events", null, 0)]
    public async Task A_rewound_log_is_named(string rewind, string? actualId, int latest)
    {
        var position = await LogPositionCheck.ReadAsync(_connection, 3, default);
        await _connection.RunAsync(rewind);

        var error = await Assert.ThrowsExactlyAsync<LogRewoundException>(() => LogPositionCheck.VerifyAsync(_connection, position, default));

        Assert.AreEqual((position, actualId, (long)latest), (error.Expected, error.Actual.EventId, error.Latest.Value));
    }

    [TestMethod]
    public async Task A_position_without_an_event_is_compared_with_the_end_of_the_log()
    {
        var zero = await LogPositionCheck.ReadAsync(_connection, 0, default);
        await LogPositionCheck.VerifyAsync(_connection, zero, default);
        await LogPositionCheck.VerifyAsync(_connection, zero with { Version = new EventVersion(3) }, default);
        await Assert.ThrowsExactlyAsync<LogRewoundException>(
            () => LogPositionCheck.VerifyAsync(_connection, zero with { Version = new EventVersion(4) }, default));
    }

    [TestMethod]
    public async Task An_ordinary_role_may_ask()
    {
        var role = $"reader_{Guid.NewGuid():N}";
        await _connection.RunAsync($"CREATE ROLE {role}; GRANT SELECT ON events TO {role}; SET ROLE {role}");
        var position = await LogPositionCheck.ReadAsync(_connection, 3, default);
        await LogPositionCheck.VerifyAsync(_connection, position, default);
        await _connection.RunAsync($"RESET ROLE; DROP OWNED BY {role}; DROP ROLE {role}");
    }
}
