using DotNet.Testcontainers.Configurations;
using SyncKit.EfStore.Testing.Clusters;

namespace SyncKit.EfStore.Testing.Sources;

/// <summary>What the search sees of the machine it runs on. Tests show it another one.</summary>
internal sealed class Surroundings
{
    /// <summary>The connection string of a server that someone configured, or nothing.</summary>
    internal string? ConfiguredConnectionString { get; init; } = Environment.GetEnvironmentVariable(ConfiguredSource.Variable);

    /// <summary>Whether a Docker daemon answers. May block for long: a socket can be there while nobody answers.</summary>
    internal Func<bool> DockerAnswers { get; init; } = () => TestcontainersSettings.OS.DockerEndpointAuthConfig is not null;

    /// <summary>The folder of programs that someone chose, or nothing.</summary>
    internal string? ChosenPrograms { get; init; } = NullIfEmpty(Environment.GetEnvironmentVariable(LocalProgramsSource.Variable));

    /// <summary>Folders that may hold PostgreSQL's programs, best first.</summary>
    internal IEnumerable<string> ProgramDirectories { get; init; } = ProgramFolders.OnThisMachine();

    /// <summary>Where PostgresEmbed downloads from; nothing for its own default.</summary>
    internal string? DownloadRepository { get; init; }

    /// <summary>Where downloaded programs are kept, for the next run too.</summary>
    internal string DownloadFolder { get; init; } = EmbeddedSource.DefaultFolder();

    private static string? NullIfEmpty(string? value) => string.IsNullOrWhiteSpace(value) ? null : value;
}
