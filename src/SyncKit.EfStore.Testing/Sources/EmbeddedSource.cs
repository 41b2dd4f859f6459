using MysticMind.PostgresEmbed;
using SyncKit.EfStore.Testing.Clusters;

namespace SyncKit.EfStore.Testing.Sources;

/// <summary>
/// A private cluster run by downloaded programs. PostgresEmbed only fetches them: its own server would trust every local user,
/// could not run as root, and could not be restarted on its port.
/// </summary>
internal static class EmbeddedSource
{
    private const string Version = "17.6.0";
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan DownloadLimit = TimeSpan.FromMinutes(5);

    internal static async Task<PrivateCluster> StartAsync(
        PostgresServerOptions options, Surroundings surroundings, CancellationToken cancellationToken)
    {
        var programs = await InstallAsync(surroundings, cancellationToken).ConfigureAwait(false);
        return await PrivateCluster.StartAsync(
            programs, "private cluster from programs downloaded by MysticMind.PostgresEmbed", options, cancellationToken)
            .ConfigureAwait(false);
    }

    /// <summary>
    /// PostgresEmbed's own cache, but for root: the server will run as another user, who cannot look into root's home.
    /// </summary>
    internal static string DefaultFolder() =>
        UnprivilegedUser.Name is null ? PgCache.DefaultDirectory : "/var/cache/synckit-postgres";

    private static async Task<string> InstallAsync(Surroundings surroundings, CancellationToken cancellationToken)
    {
        // Without a network the attempt must end soon, while a slow download may take its time.
        using var handler = new SocketsHttpHandler { ConnectTimeout = ConnectLimit };
        using var http = new HttpClient(handler) { Timeout = DownloadLimit };
        var settings = new PgServerOptions
        {
            PgVersion = Version,
            DbDir = surroundings.DownloadFolder,
            BinariesDir = Path.Combine(surroundings.DownloadFolder, "binaries"),
            HttpClient = http,
            DownloadRetryCount = 1,
        };
        if (surroundings.DownloadRepository is { } repository)
        {
            settings = settings with { MavenRepo = repository };
        }

        try
        {
            var server = new PgServer(settings);
            await using (server.ConfigureAwait(false))
            {
                await server.InstallAsync(cancellationToken).ConfigureAwait(false);
                return server.PgBinDir;
            }
        }
        catch (Exception error)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new SourceUnavailableException(
                $"PostgreSQL {Version} could not be downloaded: {error.GetBaseException().Message.TrimEnd('.')}.", error);
        }
    }
}
