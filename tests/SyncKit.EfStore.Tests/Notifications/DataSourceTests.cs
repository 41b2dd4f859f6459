using Npgsql;

namespace SyncKit.EfStore.Tests.Notifications;

/// <summary>Listening with a data source of the application's own.</summary>
[TestClass]
public sealed class DataSourceTests
{
    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task A_handed_in_data_source_listens_and_survives_the_host(bool withListenerString)
    {
        await using var database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        await using var source = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(database.ConnectionString) { ApplicationName = "the application" }.ConnectionString);
        await using (var host = await ListeningHost.StartAsync(database.ConnectionString, options =>
        {
            (options.ConnectionString, options.DataSource) = (null, source);
            options.ListenerConnectionString = withListenerString ? database.ConnectionString : null;
            options.NotificationTimeout = TimeSpan.FromSeconds(2);
        }))
        {
            var states = host.ObserveStates();
            var all = host.ObserveAll();
            var first = await host.MarkAsync(all);
            await using var connection = await host.ConnectAsync();
            Assert.AreEqual(withListenerString ? 1 : 0, await connection.ScalarAsync<long>(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1", ListeningHost.ListenerName));

            // A borrowed connection is probed every second; that must disturb nothing.
            await connection.RunAsync("SELECT pg_sleep(2.2)");
            var second = await host.MarkAsync(all);
            Assert.HasCount(1, states.Items);
            await connection.RunAsync(
                """
                SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
                WHERE datname = current_database() AND (application_name = $1 OR query LIKE 'LISTEN%' OR query = 'SELECT 1')
                """,
                ListeningHost.ListenerName);
            await states.WaitUntilAsync("live again", items => items[^1].Status == ListenerStatus.Live && items.Count > 2);
            var third = await connection.InsertAsync("a");
            await all.WaitForIdAsync(third);
            all.AssertExactly([first, second, third]);
        }

        await using var borrowed = await source.OpenConnectionAsync();
        Assert.IsEmpty(await borrowed.ColumnAsync<string>("SELECT pg_listening_channels()"));
    }
}
