using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using SyncKit.EfStore.Diagnostics;

namespace SyncKit.EfStore.Hosting;

/// <summary>
/// Takes over what configuration says anew, for the options that are looked at each time they are used; connections, leases and the listener
/// were made from the others. Of a configuration with a fault nothing is taken over. Changes the one options object, so that all see it.
/// </summary>
internal sealed class OptionsReload(
    IServiceProvider provider,
    IOptions<EventStoreOptions> options,
    IOptionsFactory<EventStoreOptions> factory,
    ILogger<OptionsReload> logger) : IHostedService, IDisposable
{
    private IDisposable[] _registrations = [];

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _registrations = [.. EventStoreSection.All(provider).Select(section => ChangeToken.OnChange(section.GetReloadToken, Reload))];
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        Dispose();
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }
    }

    private void Reload()
    {
        try
        {
            var current = options.Value;
            var read = factory.Create(Options.DefaultName);
            if ((read.BatchSize, read.MaxJsonBytes) != (current.BatchSize, current.MaxJsonBytes))
            {
                (current.BatchSize, current.MaxJsonBytes) = (read.BatchSize, read.MaxJsonBytes);
                Log.OptionsReloaded(logger, read.BatchSize, read.MaxJsonBytes);
            }
        }
        catch (OptionsValidationException error)
        {
            Log.OptionsNotReloaded(logger, string.Join(" ", error.Failures));
        }
    }
}
