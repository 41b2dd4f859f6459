using SyncKit.EfStore.Testing.Clusters;

namespace SyncKit.EfStore.Testing.Sources;

/// <summary>A private cluster run by the programs that are installed here.</summary>
internal static class LocalProgramsSource
{
    internal const string Variable = "SYNCKIT_POSTGRES_PROGRAMS";
    private const int OldestMajor = 14;

    internal static async Task<PrivateCluster> StartAsync(
        PostgresServerOptions options, Surroundings surroundings, CancellationToken cancellationToken)
    {
        var programs = await FindAsync(options, surroundings, cancellationToken).ConfigureAwait(false);
        return await PrivateCluster.StartAsync(programs, $"private cluster from {programs}", options, cancellationToken)
            .ConfigureAwait(false);
    }

    /// <summary>Whether the environment says which programs to use, and the options leave it to it.</summary>
    internal static bool IsChosen(PostgresServerOptions options, Surroundings surroundings) =>
        surroundings.ChosenPrograms is not null
        && options.ProgramsDirectory is null
        && options.Sources.Contains(PostgresSource.LocalPrograms);

    private static async Task<string> FindAsync(
        PostgresServerOptions options, Surroundings surroundings, CancellationToken cancellationToken)
    {
        var only = options.ProgramsDirectory ?? surroundings.ChosenPrograms;
        if (only is not null && !ProgramFolders.HasAllPrograms(only))
        {
            var who = options.ProgramsDirectory is null ? Variable : $"PostgresServerOptions.{nameof(options.ProgramsDirectory)}";
            throw new SourceUnavailableException($"{who} '{only}' has no {ProgramFolders.Needed}.");
        }

        var rejected = new List<string>();
        var candidates = only is not null ? [only] : surroundings.ProgramDirectories;
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
