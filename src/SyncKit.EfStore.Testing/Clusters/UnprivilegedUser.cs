namespace SyncKit.EfStore.Testing.Clusters;

/// <summary>PostgreSQL refuses to run as root, which is who tests are in many a container.</summary>
internal static class UnprivilegedUser
{
    /// <summary>The user to run PostgreSQL's programs as, or nothing when the current one will do.</summary>
    internal static string? Name { get; } = Find();

    private static string? Find()
    {
        if (OperatingSystem.IsWindows() || !Environment.IsPrivilegedProcess)
        {
            return null; // On Windows pg_ctl gives up an administrator's rights by itself.
        }

        const string Users = "/etc/passwd";
        return File.Exists(Users) && File.ReadLines(Users).Any(line => line.StartsWith("postgres:", StringComparison.Ordinal))
            ? "postgres"
            : "nobody";
    }
}
