using Npgsql;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Cli.Hosting;

/// <summary>A connection that a command has for itself, beside those of the store.</summary>
internal static class OwnConnection
{
    /// <summary>Named after the command, in no pool, and of several hosts to the primary, where the store's go too.</summary>
    internal static NpgsqlConnectionStringBuilder Settings(string connectionString, string command)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { ApplicationName = "synckit " + command, Pooling = false };
        SeveralHosts.TakePrimary(settings);
        return settings;
    }
}
