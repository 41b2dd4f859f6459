namespace SyncKit.EfStore;

/// <summary>How far an import is. Reported after each batch.</summary>
/// <param name="Stored">Events stored so far; those of an atomic import only stay when it ends well.</param>
/// <param name="Skipped">Events found stored already so far.</param>
public sealed record ImportProgress(long Stored, long Skipped);
