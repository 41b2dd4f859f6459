using System.Diagnostics;
using Npgsql;
using SyncKit.EfStore.Benchmarks.Measuring;

namespace SyncKit.EfStore.Benchmarks.Servers;

/// <summary>What the server is set to and stands on, and whether a figure measured there means anything.</summary>
/// <param name="Version">Of PostgreSQL.</param>
/// <param name="Settings">Those that decide about speed, by name.</param>
/// <param name="FileSystem">That of the data directory, such as <c>ext4</c>; null where the server does not tell.</param>
/// <param name="FlushTime">Median time of a commit that must be flushed, in ms.</param>
/// <param name="RoundTrip">Median time of <c>SELECT 1</c>, in ms: a part of <paramref name="FlushTime"/>.</param>
internal sealed record ServerFacts(
    string Version, IReadOnlyList<(string Name, string Value)> Settings, string? FileSystem, double FlushTime, double RoundTrip)
{
    private const int Commits = 400;
    private static readonly string[] MustBeOn = ["fsync", "synchronous_commit", "full_page_writes"];
    private static readonly string[] Shown =
    [
        .. MustBeOn, "wal_sync_method", "wal_level", "commit_delay", "commit_siblings", "max_connections", "shared_buffers",
        "max_wal_size", "checkpoint_timeout", "autovacuum", "jit",
    ];

    /// <summary>What makes the server unfit; nothing where it is fit.</summary>
    internal IEnumerable<string> Faults()
    {
        foreach (var name in MustBeOn)
        {
            if (Settings.Single(setting => setting.Name == name).Value is var value and not "on")
            {
                yield return $"{name} is '{value}' and must be 'on'.";
            }
        }

        if (Settings.Single(setting => setting.Name == "commit_delay").Value is var delay and not "0")
        {
            yield return $"commit_delay is '{delay}' and must be '0'; the suite that needs it sets it for its own databases.";
        }

        if (FileSystem is "tmpfs" or "ramfs")
        {
            yield return $"The data directory stands on {FileSystem}, in memory, and must stand on a disk. Set TMPDIR to a folder on one.";
        }
    }

    internal static async Task<ServerFacts> ReadAsync(string connectionString, CancellationToken cancellationToken)
    {
        await using var connection = await Sql.OpenAsync(connectionString, cancellationToken);
        var settings = new List<(string, string)>();
        foreach (var name in Shown)
        {
            settings.Add((name, await TextAsync(connection, $"SHOW {name}", cancellationToken)));
        }

        var roundTrip = await MedianTimeAsync(connection, "SELECT 1", cancellationToken);

        // Writes a WAL record and has a transaction id, so its commit waits for the flush; leaves nothing behind.
        var flush = await MedianTimeAsync(connection, "SELECT pg_logical_emit_message(true, 'synckit', 'flush')", cancellationToken);
        return new ServerFacts(
            await TextAsync(connection, "SHOW server_version", cancellationToken),
            settings,
            await FileSystemAsync(connection, cancellationToken),
            flush,
            roundTrip);
    }

    private static async Task<double> MedianTimeAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.PrepareAsync(cancellationToken);
        var times = new double[Commits];
        for (var i = 0; i < Commits; i++)
        {
            var start = Stopwatch.GetTimestamp();
            await command.ExecuteNonQueryAsync(cancellationToken);
            times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        return Statistics.Median(times);
    }

    /// <summary>Asked of the server itself, which may run in a container or elsewhere. Needs pg_read_server_files, and Linux.</summary>
    private static async Task<string?> FileSystemAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            var folder = await TextAsync(connection, "SHOW data_directory", cancellationToken);
            var mounts = await TextAsync(connection, "SELECT pg_read_file('/proc/self/mounts')", cancellationToken);
            return Mounts.FileSystemOf(folder, mounts);
        }
        catch (PostgresException)
        {
            return null;
        }
    }

    private static async Task<string> TextAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return (string)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}
