namespace SyncKit.EfStore.Tests;

/// <summary>The checkout the tests were built from, for tests that read its files.</summary>
internal static class RepositoryRoot
{
    internal static string Path { get; } = Find();

    internal static string Read(params string[] parts) => File.ReadAllText(System.IO.Path.Combine([Path, .. parts]));

    /// <summary>
    /// A program of this repository where it was built, in the configuration of these tests. Not its copy beside them: that lacks the
    /// assemblies which the tests get from ASP.NET Core.
    /// </summary>
    /// <param name="project">Its folder, from the root.</param>
    /// <param name="file">Its file name.</param>
    internal static string Program(string project, string file) =>
        System.IO.Path.Combine([Path, project, "bin", .. AppContext.BaseDirectory.TrimEnd('/', '\\').Split('/', '\\')[^2..], file]);

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "SyncKit.EfStore.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No SyncKit.EfStore.sln stands above '{AppContext.BaseDirectory}'.");
    }
}
