namespace SyncKit.EfStore.Testing;

/// <summary>
/// No PostgreSQL could be reached or started. The message names every way there is, says why each failed, and what to do;
/// it never contains a password.
/// </summary>
public sealed class PostgresUnavailableException : Exception
{
    internal PostgresUnavailableException(
        string message, IReadOnlyDictionary<PostgresSource, string> reasons, Exception? innerException = null)
        : base(message, innerException)
    {
        Reasons = reasons;
    }

    /// <summary>Why each source that was tried could not be used. A source that was not tried is absent.</summary>
    public IReadOnlyDictionary<PostgresSource, string> Reasons { get; }
}
