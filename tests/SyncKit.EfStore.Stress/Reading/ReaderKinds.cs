namespace SyncKit.EfStore.Stress.Reading;

/// <summary>Every way to follow the log that must lose nothing, and the one that does.</summary>
internal static class ReaderKinds
{
    internal static IReadOnlyList<ILogReader> Exact() =>
        [new LoadReader(), new FollowReader(), new NamedReader(), new SubscribeReader(), new ObserveReader()];

    internal static IReadOnlyList<ILogReader> WithControl() => [.. Exact(), new NaiveReader()];
}
