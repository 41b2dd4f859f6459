namespace SyncKit.EfStore.Benchmarks.Servers;

/// <summary>Reads Linux's list of mounts.</summary>
internal static class Mounts
{
    /// <summary>The file system a folder stands on: that of the longest mount point above it, and of two on one point the later. Null where there is none.</summary>
    /// <param name="folder">An absolute path without links.</param>
    /// <param name="mounts">The text of <c>/proc/self/mounts</c>: device, mount point, type, options and two numbers a line.</param>
    internal static string? FileSystemOf(string folder, string mounts) => mounts
        .Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => line.Split(' '))
        .Where(fields => fields.Length >= 3)
        .Select(fields => (Point: fields[1].Replace(@"\040", " ", StringComparison.Ordinal), Type: fields[2]))
        .Where(mount => folder == mount.Point || folder.StartsWith(mount.Point.TrimEnd('/') + '/', StringComparison.Ordinal))
        .Select((mount, place) => (mount.Point, mount.Type, place))
        .OrderByDescending(mount => mount.Point.Length)
        .ThenByDescending(mount => mount.place)
        .Select(mount => mount.Type)
        .FirstOrDefault();
}
