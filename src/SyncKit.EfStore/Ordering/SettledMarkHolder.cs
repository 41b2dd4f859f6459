namespace SyncKit.EfStore;

/// <summary>
/// A transaction that holds the settled mark back: it has drawn versions and stays open. Usually a backend that is idle in transaction.
/// As it was when it was named, about a second after it was seen first.
/// </summary>
public sealed record SettledMarkHolder
{
    /// <summary>What the server calls the transaction; it means nothing once the server has restarted.</summary>
    public required string VirtualTransaction { get; init; }

    /// <summary>The backend, for <c>pg_terminate_backend</c>; null for a prepared transaction, which has none.</summary>
    public int? ProcessId { get; init; }

    /// <summary>Its <c>application_name</c>; null for a prepared transaction.</summary>
    public string? ApplicationName { get; init; }

    /// <summary>Its role; null where this process's own role may not see it.</summary>
    public string? UserName { get; init; }

    /// <summary>What the backend does, such as <c>idle in transaction</c>; null where this process's own role may not see it.</summary>
    public string? State { get; init; }

    /// <summary>When the transaction began; null where this process's own role may not see it.</summary>
    public DateTimeOffset? TransactionStart { get; init; }

    /// <summary>The name of a prepared transaction, for <c>ROLLBACK PREPARED</c>; else null.</summary>
    public string? PreparedTransaction { get; init; }

    /// <summary>When this process first saw that it was open, by this process's clock.</summary>
    public required DateTimeOffset SeenSince { get; init; }

    /// <summary>One line for people.</summary>
    public override string ToString()
    {
        var who = PreparedTransaction is { } prepared ? $"prepared transaction '{prepared}'"
            : ProcessId is { } pid ? $"backend {pid}"
            : $"transaction {VirtualTransaction}";
        var details = new List<string>();
        Add("application", ApplicationName);
        Add("user", UserName);
        Add("state", State);
        if (TransactionStart is { } start)
        {
            details.Add($"in its transaction since {start:u}");
        }

        return details.Count == 0 ? who : $"{who} ({string.Join(", ", details)})";

        void Add(string what, string? value)
        {
            if (!string.IsNullOrEmpty(value))
            {
                details.Add($"{what} '{value}'");
            }
        }
    }
}
