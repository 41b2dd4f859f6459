namespace SyncKit.EfStore.Tests;

/// <summary>The checkout the tests were built from, for tests that read its files.</summary>
internal static class RepositoryRoot
{
    internal static string Path { get; } = Find();

    internal static string Read(params string[] parts) => File.ReadAllText(System.IO.Path.Combine([Path, .. parts]));

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
