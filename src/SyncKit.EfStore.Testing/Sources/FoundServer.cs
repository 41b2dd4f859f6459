namespace SyncKit.EfStore.Testing.Sources;

/// <summary>A server that was found and answered.</summary>
/// <param name="Host">The server.</param>
/// <param name="Source">Where it came from.</param>
/// <param name="Description">The same for people, with the server's version.</param>
/// <param name="CopyFiles">Whether databases are best cloned by copying files.</param>
internal sealed record FoundServer(IServerHost Host, PostgresSource Source, string Description, bool CopyFiles);
