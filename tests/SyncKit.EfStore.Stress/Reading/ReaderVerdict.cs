using SyncKit.EfStore.Stress.Checking;

namespace SyncKit.EfStore.Stress.Reading;

/// <summary>What is said of one reader.</summary>
/// <param name="Reader">Its name, and its process where that is another.</param>
/// <param name="IsControl">Whether its losses are expected.</param>
/// <param name="Verdict">What it made of the log.</param>
internal sealed record ReaderVerdict(string Reader, bool IsControl, Verdict Verdict);
