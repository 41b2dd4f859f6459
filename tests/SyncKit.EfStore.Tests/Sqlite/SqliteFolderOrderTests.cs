namespace SyncKit.EfStore.Tests.Sqlite;

/// <summary>The folders of the package read in the order the data flows: each uses those before it, never after.</summary>
[TestClass]
public sealed class SqliteFolderOrderTests
{
    // Folders of one rank do not know each other.
    private static readonly string[][] Ranks = [["Storage"], ["Appending", "Reading"], ["Copying", "Verifying"], ["Mirroring"], ["Hosting"]];

    [TestMethod]
    public void A_folder_uses_only_the_folders_before_it()
    {
        var library = Path.Combine(RepositoryRoot.Path, "src", "SyncKit.EfStore.Sqlite");
        var folders = Directory.EnumerateDirectories(library).Select(Path.GetFileName).Where(name => name is not ("bin" or "obj")).ToArray();
        CollectionAssert.AreEquivalent(Ranks.SelectMany(name => name).ToArray(), folders);

        var faults =
            from rank in Enumerable.Range(0, Ranks.Length)
            from folder in Ranks[rank]
            let forbidden = Ranks.Skip(rank).SelectMany(name => name).Where(name => name != folder).ToArray()
            from file in Directory.EnumerateFiles(Path.Combine(library, folder), "*.cs", SearchOption.AllDirectories)
            from line in File.ReadLines(file)
            where forbidden.Any(name => line.StartsWith($"using SyncKit.EfStore.Sqlite.{name}", StringComparison.Ordinal))
            select $"{Path.GetRelativePath(library, file)}: {line}";
        Assert.AreEqual("", string.Join('\n', faults));
    }
}
