using SyncKit.EfStore.Benchmarks.Servers;

namespace SyncKit.EfStore.Tests.Benchmarks;

/// <summary>What a data directory stands on.</summary>
[TestClass]
public sealed class MountsTests
{
    private const string List = """
        /dev/vda / ext4 rw,relatime 0 0
        tmpfs /dev/shm tmpfs rw 0 0
        tmpfs /tmp tmpfs rw 0 0
        /dev/vdb /var/lib/my\040data xfs rw 0 0
        /dev/vdc /tmp ext4 rw 0 0
        """;

    [TestMethod]
    [DataRow("/var/lib/postgresql/15/main", "ext4")]
    [DataRow("/dev/shm/cluster/data", "tmpfs")]
    [DataRow("/dev/shm", "tmpfs")]
    [DataRow("/dev/shmall", "ext4")]
    [DataRow("/var/lib/my data/main", "xfs")]
    [DataRow("/tmp/cluster", "ext4")] // Mounted over the one before.
    public void The_longest_mount_point_above_a_folder_counts(string folder, string fileSystem) =>
        Assert.AreEqual(fileSystem, Mounts.FileSystemOf(folder, List));
}
