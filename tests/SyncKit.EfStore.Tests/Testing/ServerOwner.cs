using System.Diagnostics;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Testing;

/// <summary>A process of its own that owns a private cluster, so that a test can kill it.</summary>
internal static class ServerOwner
{
    internal const string Verb = "own-a-server";

    /// <summary>The child: starts a server, says where, and holds it until killed.</summary>
    internal static async Task RunAsync()
    {
        await using var server = await PostgresServer.StartAsync(
            new PostgresServerOptions { Sources = [PostgresSource.LocalPrograms] });
        await Console.Out.WriteLineAsync(server.ConnectionString);
        await Console.In.ReadToEndAsync();
    }

    /// <summary>The parent: starts the child, and returns when its server accepts connections.</summary>
    internal static async Task<(Process Owner, string ConnectionString)> StartAsync(CancellationToken cancellationToken)
    {
        var program = Path.ChangeExtension(typeof(ServerOwner).Assembly.Location, OperatingSystem.IsWindows() ? ".exe" : null);
        var owner = Process.Start(new ProcessStartInfo(program, [Verb])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        var connectionString = await owner.StandardOutput.ReadLineAsync(cancellationToken);
        Assert.IsNotNull(connectionString, "The child ended before its server had started.");
        return (owner, connectionString);
    }
}
