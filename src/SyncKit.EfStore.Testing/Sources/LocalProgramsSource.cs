using SyncKit.EfStore.Testing.Clusters;

namespace SyncKit.EfStore.Testing.Sources;

/// <summary>A private cluster run by the programs that are installed here.</summary>
internal static class LocalProgramsSource
{
    private const int OldestMajor = 14;

    internal static async Task<PrivateCluster> StartAsync(
        PostgresServerOptions options, Surroundings surroundings, CancellationToken cancellationToken)
    {
        var programs = await FindAsync(options, surroundings, cancellationToken).ConfigureAwait(false);
        return await PrivateCluster.StartAsync(programs, $"private cluster from {programs}", options, cancellationToken)
            .ConfigureAwait(false);
    }

    private static async Task<string> FindAsync(
        PostgresServerOptions options, Surroundings surroundings, CancellationToken cancellationToken)
    {
        if (options.ProgramsDirectory is { } chosen && !ProgramFolders.HasAllPrograms(chosen))
        {
            throw new SourceUnavailableException($"PostgresServerOptions.ProgramsDirectory '{chosen}' has no {ProgramFolders.Needed}.");
        }

        var rejected = new List<string>();
        var candidates = options.ProgramsDirectory is { } only ? [only] : surroundings.ProgramDirectories;
        foreach (var folder in candidates.Where(ProgramFolders.HasAllPrograms).Distinct())
        {
            var major = await ProgramFolders.MajorVersionAsync(folder, cancellationToken).ConfigureAwait(false);
            if (major >= OldestMajor)
            {
                return ProgramFolders.Resolve(folder);
            }

            rejected.Add(major is null ? $"{folder} does not run" : $"{folder} is version {major}");
        }

        throw new SourceUnavailableException(
            $"no folder has {ProgramFolders.Needed} of version {OldestMajor} or later " +
            (rejected.Count == 0 ? $"(looked in {ProgramFolders.Searched})." : $"({string.Join("; ", rejected)})."));
    }
}
