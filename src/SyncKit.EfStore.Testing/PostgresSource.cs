namespace SyncKit.EfStore.Testing;

/// <summary>The ways a <see cref="PostgresServer"/> can come by a PostgreSQL, in the order they are tried by default.</summary>
public enum PostgresSource
{
    /// <summary>The server that the environment variable <c>ConnectionStrings__EventStore</c> names. Nothing is started or stopped.</summary>
    ConfiguredConnectionString,

    /// <summary>A container started by Testcontainers, when a Docker daemon answers.</summary>
    Docker,

    /// <summary>A private cluster in a temporary folder, run by PostgreSQL programs (14 or later) found on this machine.</summary>
    LocalPrograms,

    /// <summary>A private cluster in a temporary folder, run by programs that MysticMind.PostgresEmbed downloads once.</summary>
    Embedded,
}
