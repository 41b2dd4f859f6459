namespace SyncKit.EfStore.Storage;

/// <summary>The SQL files of the migrations. A file is frozen once released: a change is a new migration with a new folder.</summary>
internal static class SchemaScripts
{
    private const string DownFile = "/down.sql";

    private static readonly Lazy<IReadOnlyList<string>> All = new(() =>
        [.. typeof(SchemaScripts).Assembly.GetManifestResourceNames()
            .Where(name => name.EndsWith(".sql", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)]);

    /// <summary>What a migration runs, file by file, in the order of their names.</summary>
    internal static IEnumerable<string> Up(string migration) =>
        All.Value
            .Where(name => name.StartsWith(migration + "/", StringComparison.Ordinal) && !name.EndsWith(DownFile, StringComparison.Ordinal))
            .Select(Read);

    /// <summary>Every script from one on, in the order of their names, over all migrations.</summary>
    internal static IEnumerable<string> From(string first) =>
        All.Value
            .Where(name => string.CompareOrdinal(name, first) >= 0 && !name.EndsWith(DownFile, StringComparison.Ordinal))
            .Select(Read);

    internal static string Down(string migration) => Read(migration + DownFile);

    /// <summary>The text of one file, by folder and name, such as <c>0001/07_event_stream_channel.sql</c>.</summary>
    internal static string Read(string name)
    {
        using var stream = typeof(SchemaScripts).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"Bug in SyncKit.EfStore: the script '{name}' is not embedded.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
