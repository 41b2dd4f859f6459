namespace SyncKit.EfStore.Sqlite;

/// <summary>
/// One of the two logs of a mirror, in its three parts: where events are appended and read, where they are copied from, and where they are
/// copied to. All three are of one log. The mirror disposes none of them.
/// </summary>
/// <param name="Name">What messages and <see cref="MirrorStatus"/> call it, such as <c>sqlite</c>.</param>
/// <param name="Store">Takes appends and reads while it leads.</param>
/// <param name="Source">What is copied while it leads.</param>
/// <param name="Target">What is copied into while it follows.</param>
public sealed record MirrorPlace(string Name, IEventStore Store, IEventCopySource Source, IEventCopyTarget Target)
{
    /// <summary>A SQLite file as a place.</summary>
    /// <param name="store">The file's store.</param>
    /// <param name="name">What messages call it.</param>
    public static MirrorPlace Of(SqliteEventStore store, string name = "sqlite") => new(name, store, store, store);

    /// <summary>A store and its log as a place: that of PostgreSQL, say, with its <c>PostgresEventLog</c>.</summary>
    /// <typeparam name="TLog">Copied from and into.</typeparam>
    /// <param name="name">What messages call it.</param>
    /// <param name="store">Takes appends and reads while it leads.</param>
    /// <param name="log">The same log.</param>
    public static MirrorPlace Of<TLog>(string name, IEventStore store, TLog log)
        where TLog : IEventCopySource, IEventCopyTarget => new(name, store, log, log);
}
