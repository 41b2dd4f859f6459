namespace SyncKit.EfStore.Testing.Sources;

/// <summary>The settings of a server that is started here: ours first, and those of the caller on top.</summary>
internal static class ServerSettings
{
    internal static Dictionary<string, string> For(PostgresServerOptions options)
    {
        // Spelled out even where it is PostgreSQL's default: a container image, or Testcontainers, may have another one.
        var safety = options.Durable ? "on" : "off";
        var settings = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
        {
            ["max_connections"] = "200",
            ["fsync"] = safety,
            ["full_page_writes"] = safety,
            ["synchronous_commit"] = "on",
        };
        foreach (var (name, value) in options.Settings)
        {
            settings[name] = value;
        }

        return settings;
    }
}
