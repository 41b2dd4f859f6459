using System.Security.Cryptography;
using Testcontainers.PostgreSql;

namespace SyncKit.EfStore.Testing.Sources;

/// <summary>A container. Testcontainers removes it even when this process is killed.</summary>
internal sealed class DockerSource : IServerHost
{
    private const string Image = "postgres:17";
    private static readonly TimeSpan ProbeLimit = TimeSpan.FromSeconds(2);
    private readonly PostgreSqlContainer _container;

    private DockerSource(PostgreSqlContainer container)
    {
        _container = container;
        ConnectionString = container.GetConnectionString();
    }

    public string ConnectionString { get; }

    public string Origin => $"Docker container of {Image}";

    internal static async Task<DockerSource> StartAsync(
        PostgresServerOptions options, Surroundings surroundings, CancellationToken cancellationToken)
    {
        await ProbeAsync(surroundings, cancellationToken).ConfigureAwait(false);

        var container = new PostgreSqlBuilder(Image)
            .WithDatabase("postgres")
            .WithUsername("postgres")
            .WithPassword(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24)))
            .WithCommand([.. ServerSettings.For(options).SelectMany(setting => new[] { "-c", $"{setting.Key}={setting.Value}" })])
            .Build();
        try
        {
            await container.StartAsync(cancellationToken).ConfigureAwait(false);
            return new DockerSource(container);
        }
        catch (Exception error)
        {
            await container.DisposeAsync().ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            throw new SourceUnavailableException($"a daemon answers, but {Image} did not start: {error.Message}", error);
        }
    }

    public ValueTask DisposeAsync() => _container.DisposeAsync();

    private static async Task ProbeAsync(Surroundings surroundings, CancellationToken cancellationToken)
    {
        bool answers;
        try
        {
            // The probe blocks, and on a dead socket for minutes; it is left behind rather than waited for.
            answers = await Task.Run(surroundings.DockerAnswers, cancellationToken)
                .WaitAsync(ProbeLimit, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new SourceUnavailableException($"no Docker daemon answered within {ProbeLimit.TotalSeconds:0} s.");
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            throw new SourceUnavailableException($"Docker could not be asked: {error.Message}", error);
        }

        if (!answers)
        {
            throw new SourceUnavailableException("no Docker daemon answers.");
        }
    }
}
