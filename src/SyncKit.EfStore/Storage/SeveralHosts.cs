using Npgsql;

namespace SyncKit.EfStore.Storage;

/// <summary>Several hosts in one connection string, of which the store needs the primary. Compiled into the tool as well, for connections of its own.</summary>
internal static class SeveralHosts
{
    internal static bool AreIn(NpgsqlConnectionStringBuilder settings) => settings.Host?.Contains(',', StringComparison.Ordinal) == true;

    /// <summary>One host alone must not be asked for: Npgsql refuses that.</summary>
    internal static void TakePrimary(NpgsqlConnectionStringBuilder settings)
    {
        if (AreIn(settings))
        {
            settings.TargetSessionAttributes = "primary";
        }
    }
}
