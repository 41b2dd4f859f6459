namespace SyncKit.EfStore.Storage.Roles;

/// <summary>The one place where a name that somebody chose becomes part of SQL, which takes no parameters there.</summary>
internal static class SqlIdentifier
{
    // NAMEDATALEN - 1: the server cuts a longer one with no more than a notice, and then it is another role's.
    private const int MaxBytes = 63;

    /// <exception cref="InvalidInputException">No role can have this name.</exception>
    internal static string CheckRole(string name, string field)
    {
        InputRules.Text(name, field, MaxBytes);
        return name is "public" or "none" || name.StartsWith("pg_", StringComparison.Ordinal)
            ? throw new InvalidInputException(field, "must not be a name that PostgreSQL keeps for itself", $"it is '{name}'")
            : name;
    }

    /// <exception cref="InvalidInputException">No schema can have this name.</exception>
    internal static string CheckSchema(string name) => InputRules.Text(name, "schema", MaxBytes);

    internal static string Quote(string checkedName) => $"\"{checkedName.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>As text, for functions that take a name. Means the same whatever standard_conforming_strings is.</summary>
    internal static string Literal(string text) =>
        $"E'{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>A statement block, between dollar quotes that occur nowhere in it.</summary>
    internal static string Block(string body)
    {
        var quote = "$do$";
        for (var n = 1; body.Contains(quote, StringComparison.Ordinal); n++)
        {
            quote = $"$do{n}$";
        }

        return $"DO {quote}\n{body}\n{quote}";
    }
}
