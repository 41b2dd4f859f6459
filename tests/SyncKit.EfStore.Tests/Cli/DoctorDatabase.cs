using System.Text.Json;

namespace SyncKit.EfStore.Tests.Cli;

/// <summary>A test class of the doctor with a healthy database of its own for each test, on the durable server.</summary>
public abstract class DoctorDatabase
{
    private static int _number;

    public TestContext TestContext { get; set; } = null!;

    /// <summary>As the role that owns the event log.</summary>
    private protected string ConnectionString { get; private set; } = null!;

    /// <summary>The same database as a superuser.</summary>
    private protected string SuperuserString { get; private set; } = null!;

    [TestInitialize]
    public async Task CreateHealthyDatabaseAsync()
    {
        var server = await DurableServer.GetAsync();
        var name = $"patient_{Interlocked.Increment(ref _number)}";
        await using var admin = await RawSql.ConnectAsync(server.ConnectionString);
        await admin.RunAsync($"CREATE DATABASE {name} TEMPLATE {DurableServer.Template} OWNER {DurableServer.Owner}");
        (ConnectionString, SuperuserString) = (DurableServer.AsOwner(server, name), DurableServer.As(server.ConnectionString, name));
    }

    private protected async Task PlantAsync(string sql)
    {
        await using var connection = await RawSql.ConnectAsync(ConnectionString);
        await connection.RunAsync(sql);
    }

    private protected Task<DoctorReport> ExamineAsync(params string[] options) => ExamineAsAsync(ConnectionString, options);

    private protected static async Task<DoctorReport> ExamineAsAsync(string connectionString, params string[] options)
    {
        var run = await SynckitProcess.RunAsync(connectionString, ["doctor", "--json", .. options]);
        return new DoctorReport(run, [.. run.Lines.Select(DoctorLine.Parse)]);
    }

    private protected sealed record DoctorLine(string Name, string Status, string Message, string? Advice)
    {
        internal static DoctorLine Parse(string json)
        {
            using var document = JsonDocument.Parse(json);
            var line = document.RootElement;
            return new DoctorLine(
                line.GetProperty("name").GetString()!, line.GetProperty("status").GetString()!, line.GetProperty("message").GetString()!,
                line.GetProperty("advice").GetString());
        }
    }

    private protected sealed record DoctorReport(SynckitResult Run, IReadOnlyList<DoctorLine> Lines)
    {
        /// <summary>What is a warning or a fault, as name:status.</summary>
        internal string Complaints =>
            string.Join(" ", Lines.Where(line => line.Status is "warning" or "fault").Select(line => $"{line.Name}:{line.Status}"));

        internal DoctorLine this[string name] => Lines.Single(line => line.Name == name);
    }
}
