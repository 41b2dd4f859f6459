using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Cli;

/// <summary>A test class of the tool with a database of its own for each test.</summary>
public abstract class CliDatabase
{
    private PostgresDatabase? _database;

    private protected string ConnectionString => _database!.ConnectionString;

    [TestInitialize]
    public async Task CreateDatabaseAsync() => _database = await (await TestServer.GetAsync()).CreateDatabaseAsync();

    [TestCleanup]
    public async Task DropDatabaseAsync() => await _database!.DisposeAsync();

    private protected Task<SynckitResult> RunAsync(params string[] arguments) => SynckitProcess.RunAsync(ConnectionString, arguments);

    private protected Task<SynckitResult> ImportAsync(string lines, params string[] options) =>
        ImportAsync(System.Text.Encoding.UTF8.GetBytes(lines), options);

    private protected Task<SynckitResult> ImportAsync(byte[] lines, params string[] options) =>
        SynckitProcess.RunAsync(ConnectionString, lines, ["import", "-", .. options]);

    /// <summary>Lines with the ids e1, e2 … in the streams s1, s2, s3 by turns.</summary>
    private protected static string Lines(int count, int from = 1) => string.Concat(
        Enumerable.Range(from, count).Select(n => $$"""{"id":"e{{n}}","aggregate_id":"s{{n % 3}}","event_type":"T{{n % 2}}","data":[{{n}}]}""" + "\n"));
}
