namespace SyncKit.EfStore.Cli.Stats;

/// <summary>How many events were created in each of the last 24 hours and of the last 14 days, in UTC.</summary>
internal sealed record LogRates(bool Estimated, IReadOnlyList<(DateTime From, long Events)> Hours, IReadOnlyList<(DateTime From, long Events)> Days);
