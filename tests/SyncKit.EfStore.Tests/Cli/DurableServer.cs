using Npgsql;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Cli;

/// <summary>
/// A server as it should be in production, with a healthy event log that an ordinary role owns as template. The tests' shared server is not
/// durable, and its role is a superuser: the doctor says so. The first test to ask starts it.
/// </summary>
internal static class DurableServer
{
    internal const string Template = "healthy";
    internal const string Owner = "log_owner";
    private const string Password = "of-an-owner";

    private static readonly Lazy<Task<PostgresServer>> Shared = new(StartAsync);

    internal static Task<PostgresServer> GetAsync() => Shared.Value;

    internal static string As(string connectionString, string database) =>
        new NpgsqlConnectionStringBuilder(connectionString) { Database = database, Pooling = false }.ConnectionString;

    internal static string AsOwner(PostgresServer server, string database) =>
        new NpgsqlConnectionStringBuilder(As(server.ConnectionString, database)) { Username = Owner, Password = Password }.ConnectionString;

    internal static async Task DisposeAsync()
    {
        if (Shared is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
        {
            await (await Shared.Value).DisposeAsync();
        }
    }

    private static async Task<PostgresServer> StartAsync()
    {
        var server = await PostgresServer.StartAsync(new PostgresServerOptions
        {
            Durable = true,
            Sources = [PostgresSource.LocalPrograms],
            Settings = new Dictionary<string, string> { ["max_prepared_transactions"] = "5" },
        });
        await using (var admin = await RawSql.ConnectAsync(server.ConnectionString))
        {
            await admin.RunAsync($"CREATE ROLE {Owner} LOGIN PASSWORD '{Password}'");
            await admin.RunAsync($"CREATE DATABASE {Template} OWNER {Owner}");
        }

        await EventStoreSchema.MigrateAsync(AsOwner(server, Template));
        return server;
    }
}
