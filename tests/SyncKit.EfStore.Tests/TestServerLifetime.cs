using SyncKit.EfStore.Tests.Cli;

namespace SyncKit.EfStore.Tests;

[TestClass]
public static class TestServerLifetime
{
    [AssemblyCleanup]
    public static Task Removes_the_shared_servers() => Task.WhenAll(TestServer.DisposeAsync(), DurableServer.DisposeAsync());
}
