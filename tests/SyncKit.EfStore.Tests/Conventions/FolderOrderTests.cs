namespace SyncKit.EfStore.Tests.Conventions;

/// <summary>The folders of the library read in the order the data flows: each uses those before it, never after.</summary>
[TestClass]
public sealed class FolderOrderTests
{
    // Diagnostics is open to all. Folders of one rank do not know each other.
    private static readonly string[][] Ranks =
        [
            ["Storage"],
            ["Appending", "Ordering"],
            ["Reading", "Importing", "Auditing"],
            ["Copying"],
            ["Notifications"],
            ["Subscriptions"],
            ["Health"],
            ["Hosting"],
        ];

    [TestMethod]
    public void A_folder_uses_only_the_folders_before_it()
    {
        var library = Path.Combine(RepositoryRoot.Path, "src", "SyncKit.EfStore");
        var faults = new List<string>();
        for (var rank = 0; rank < Ranks.Length; rank++)
        {
            foreach (var folder in Ranks[rank])
            {
                var forbidden = Ranks.Skip(rank).SelectMany(name => name).Where(name => name != folder).ToArray();
                foreach (var file in Directory.EnumerateFiles(Path.Combine(library, folder), "*.cs", SearchOption.AllDirectories))
                {
                    faults.AddRange(File.ReadLines(file)
                        .Where(line => forbidden.Any(name => line.StartsWith($"using SyncKit.EfStore.{name}", StringComparison.Ordinal)))
                        .Select(line => $"{Path.GetRelativePath(library, file)}: {line}"));
                }
            }
        }

        Assert.IsEmpty(faults, string.Join(Environment.NewLine, faults));
    }

    [TestMethod]
    public void Every_folder_of_the_library_has_a_rank()
    {
        var folders = Directory.EnumerateDirectories(Path.Combine(RepositoryRoot.Path, "src", "SyncKit.EfStore"))
            .Select(Path.GetFileName)
            .Where(name => name is not ("bin" or "obj" or "Diagnostics"));

        CollectionAssert.AreEquivalent(Ranks.SelectMany(name => name).ToArray(), folders.ToArray());
    }
}
