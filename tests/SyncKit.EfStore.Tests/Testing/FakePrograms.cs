namespace SyncKit.EfStore.Tests.Testing;

/// <summary>A folder of shell scripts that pass for PostgreSQL's programs. <c>$here</c> is the folder, which anyone may write to.</summary>
internal sealed class FakePrograms : IDisposable
{
    internal FakePrograms(string version = "17.0", string initdb = "exit 1")
    {
        Write("postgres", $"echo 'postgres (PostgreSQL) {version}'");
        Write("pg_ctl", "exit 1");
        Write("initdb", initdb);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Folder, Everything);
        }
    }

    internal string Folder { get; } = Directory.CreateTempSubdirectory("synckit-fake-").FullName;

    private static UnixFileMode Everything => (UnixFileMode)0b111_111_111;

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    /// <summary>The content of a file that a script moves into place.</summary>
    internal async Task<string> ReadWhenWrittenAsync(string name, CancellationToken cancellationToken)
    {
        var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var watcher = new FileSystemWatcher(Folder);
        watcher.Renamed += (_, change) =>
        {
            if (change.Name == name)
            {
                written.TrySetResult();
            }
        };
        watcher.EnableRaisingEvents = true;
        var path = Path.Combine(Folder, name);
        if (!File.Exists(path))
        {
            await written.Task.WaitAsync(TimeSpan.FromSeconds(30), cancellationToken);
        }

        return await File.ReadAllTextAsync(path, cancellationToken);
    }

    private void Write(string name, string script)
    {
        var path = Path.Combine(Folder, name);
        File.WriteAllText(path, $"#!/bin/sh\nhere=$(dirname \"$0\")\n{script}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, Everything);
        }
    }
}
