namespace SyncKit.EfStore.Tests;

[TestClass]
public static class TestServerLifetime
{
    [AssemblyCleanup]
    public static Task Removes_the_shared_server() => TestServer.DisposeAsync();
}
