namespace SyncKit.EfStore.Tests.Sqlite.Mirroring;

/// <summary>The mirroring process is killed, and another takes over.</summary>
[TestClass]
public sealed class MirrorKillTests
{
    [TestMethod]
    public async Task A_killed_process_loses_nothing_and_the_next_one_goes_on_from_the_followers_own_record()
    {
        await using var mirror = Mirror.Start();
        var acknowledged = new List<string>();
        for (var kills = 1; kills <= 3; kills++)
        {
            await mirror.Store.DisposeAsync();
            using var process = MirrorProcess.Start(mirror.FileOf("one"), mirror.FileOf("two"), mirror.Options.StateFile);
            for (var events = 0; events < 60 * kills; events++)
            {
                acknowledged.Add(await process.StandardOutput.ReadLineAsync() ?? throw new AssertFailedException("The process ended."));
            }

            process.Kill();
            acknowledged.AddRange((await process.StandardOutput.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries));
            await process.WaitForExitAsync();
            await mirror.ReopenAsync();
        }

        var stored = await mirror.Store.LoadAsync(EventVersion.Zero).Select(one => one.Id).ToHashSetAsync();
        Assert.IsGreaterThanOrEqualTo(360, acknowledged.Count);

        // The last line may be cut.
        Assert.IsTrue(acknowledged.Where(id => id.Length == 36).All(stored.Contains));
        await mirror.AssertEqualAsync(stored.Count);
    }
}
