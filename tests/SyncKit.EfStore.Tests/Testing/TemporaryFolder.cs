namespace SyncKit.EfStore.Tests.Testing;

/// <summary>A folder that goes with its test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    internal string Path { get; } = Directory.CreateTempSubdirectory("synckit-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
