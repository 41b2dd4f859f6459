namespace SyncKit.EfStore.Subscriptions.Named;

/// <summary>What stopped a subscription.</summary>
/// <param name="Stored">The event it stopped at; null where it was none.</param>
/// <param name="Text">Version, type, how often, why, and what to do.</param>
/// <param name="TextWithoutError">The same without what the handler threw.</param>
internal sealed record Fault(StoredEvent? Stored, string Text, string TextWithoutError)
{
    internal static Fault Of(StoredEvent stored, HandlerFailure failure)
    {
        var where = $"Stopped at the event of version {stored.Version}, type '{InputRules.Shorten(stored.EventType)}', after {failure.Attempts} "
            + $"{(failure.Attempts == 1 ? "attempt" : "attempts")}: ";
        return new Fault(
            stored, $"{where}{HandlerErrors.Describe(failure.Error)} Mend the cause, then resume.", $"{where}{ErrorTexts.Gone} Resume.");
    }

    /// <summary>By the log itself, and not by a handler.</summary>
    internal static Fault OfLog(string text) => new(null, text, text);
}
