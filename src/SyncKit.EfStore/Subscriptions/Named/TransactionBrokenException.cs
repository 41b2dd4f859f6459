namespace SyncKit.EfStore.Subscriptions.Named;

/// <summary>The transaction around a handler broke, and not by the handler: nothing of it was written, unless the answer to COMMIT was lost.</summary>
internal sealed class TransactionBrokenException(Exception cause) : Exception(cause.Message, cause);
