namespace SyncKit.EfStore.Subscriptions.Named;

/// <summary>
/// The checkpoint is not where this instance left it, or its fencing token is no longer the row's: another instance took over, someone asked
/// for a rebuild, or a write whose answer was lost did happen. Whatever it was, only the row knows; nothing was written.
/// </summary>
internal sealed class DeposedException(string name) : Exception($"The lease of subscription '{name}' is no longer this instance's.");
