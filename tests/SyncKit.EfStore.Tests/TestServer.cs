using SyncKit.EfStore.Testing;
using SyncKit.EfStore.Testing.Clusters;
using SyncKit.EfStore.Testing.Sources;

namespace SyncKit.EfStore.Tests;

/// <summary>
/// The one server that the whole assembly shares. The first test to ask starts it; a test class takes a database of its own.
/// A test that stops or breaks a server starts another for itself.
/// </summary>
internal static class TestServer
{
    private static readonly Lazy<Task<PostgresServer>> Shared = new(() => PostgresServer.StartAsync());

    /// <summary>The folder of the programs that private clusters run on, the clients beside the server.</summary>
    internal static string Programs { get; } = ProgramFolders.Resolve(
        new Surroundings().ChosenPrograms ?? ProgramFolders.OnThisMachine().First(ProgramFolders.HasAllPrograms));

    internal static Task<PostgresServer> GetAsync() => Shared.Value;

    /// <summary>Another server, for a test that stops it or breaks it.</summary>
    internal static Task<PostgresServer> StartOwnAsync(CancellationToken cancellationToken = default) =>
        PostgresServer.StartAsync(new PostgresServerOptions { Sources = [PostgresSource.LocalPrograms] }, cancellationToken);

    internal static async Task DisposeAsync()
    {
        if (Shared is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
        {
            await (await Shared.Value).DisposeAsync();
        }
    }
}
