namespace SyncKit.EfStore.Cli.Doctor;

/// <summary>What an examination found: one line.</summary>
/// <param name="Name">The examination; stable, for programs.</param>
/// <param name="Status">How it ended.</param>
/// <param name="Message">What is, and what was expected where that is something else.</param>
/// <param name="Advice">What to do; null where nothing is to be done.</param>
internal sealed record Finding(string Name, FindingStatus Status, string Message, string? Advice = null);
