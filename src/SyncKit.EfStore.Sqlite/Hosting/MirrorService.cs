using Microsoft.Extensions.Hosting;

namespace SyncKit.EfStore.Sqlite.Hosting;

/// <summary>Begins to follow when the host starts. The container ends it, after the services that append.</summary>
internal sealed class MirrorService(MirroredEventStore mirror) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => mirror.StartAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
