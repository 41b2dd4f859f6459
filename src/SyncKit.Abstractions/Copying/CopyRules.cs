namespace SyncKit;

/// <summary>What the targets of copies have in common.</summary>
internal static class CopyRules
{
    internal const string OtherContent = "The id is already stored in the target with other content.";

    /// <summary>The highest version that a copy brought along; 0 before the first, and of one that mapped any.</summary>
    internal static long Last(EventCopyRecord? record, VersionRun? last) =>
        record is { KeepsVersions: true } && last is { } run ? run.Target + run.Events - 1 : 0;

    internal static EventCopyException Taken(long highest) => new(
        "Versions can be kept only in a log that holds nothing but what this copy brought with them; "
            + $"the target holds other events, up to version {highest}. Copy into an empty log, or without keeping versions: they are mapped then.");

    internal static EventCopyException MovedOn() => new(
        "Another process is at the same copy and moved it on. Nothing is lost or doubled. Let one of them finish, then run the copy again.");
}
