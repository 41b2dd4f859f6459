using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SyncKit.EfStore.Sqlite;
using SyncKit.EfStore.Tests.Cli;
using SyncKit.EfStore.Tests.Copying;

namespace SyncKit.EfStore.Tests.Examples;

/// <summary>The five steps from SQLite to PostgreSQL, as the package's README tells them: its commands, word for word, and its code.</summary>
[TestClass]
public sealed partial class GuideTests
{
    private const int Versions = 200;

    private readonly List<IReadOnlyList<string>> _steps = Steps();

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    public async Task The_five_steps_lead_to_PostgreSQL_and_the_way_back_to_a_file_again()
    {
        using var file = GoLog.Create(Versions);
        await using var database = await (await DurableServer.GetAsync()).CreateEmptyDatabaseAsync();
        Assert.HasCount(5, _steps);

        await RunStepAsync(1);
        await RunStepAsync(2);

        // Step 3 is code.
        Assert.IsEmpty(_steps[2]);
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddSqliteEventStore(file.Path);
        builder.Services.AddPostgresEventStore(TestRoles.ForStore(database.ConnectionString));
        builder.Services.AddMirroredEventStore(
            first: provider => MirrorPlace.Of(provider.GetRequiredService<SqliteEventStore>()),
            second: provider => MirrorPlace.Of(
                "postgres", provider.GetRequiredService<IRealtimeEventStore>(), provider.GetRequiredService<PostgresEventLog>()),
            options => options.StateFile = InFolder("mirror.json"));
        using var host = builder.Build();
        await host.StartAsync(TestContext.CancellationToken);
        var store = host.Services.GetRequiredService<IEventStore>();
        var mirror = host.Services.GetRequiredService<MirroredEventStore>();
        await AppendAndFollowAsync("sqlite");

        await RunStepAsync(4);
        await mirror.SwitchLeadAsync(TestContext.CancellationToken);
        await AppendAndFollowAsync("postgres");
        await RunStepAsync(4);

        // The way back of the fourth step, and forth again.
        await mirror.SwitchLeadAsync(TestContext.CancellationToken);
        await AppendAndFollowAsync("sqlite");
        await RunStepAsync(4);
        await mirror.SwitchLeadAsync(TestContext.CancellationToken);
        await host.StopAsync(TestContext.CancellationToken);

        await RunStepAsync(5);
        await RunAsync(WayBack().Match(Guide()).Groups[1].Value);
        await RunAsync("synckit verify --from postgres --to sqlite:new.db");

        string InFolder(string name) => Path.Combine(file.Folder, name);

        async Task AppendAndFollowAsync(string leader)
        {
            var appended = await store.StoreAsync(Sample.Event("order-17"), TestContext.CancellationToken);
            await mirror.WaitUntilFollowedAsync(appended.Version, TestContext.CancellationToken);
            Assert.AreEqual(leader, mirror.Status.Leader);
        }

        async Task RunStepAsync(int step)
        {
            Assert.IsNotEmpty(_steps[step - 1]);
            foreach (var command in _steps[step - 1])
            {
                await RunAsync(command);
            }
        }

        async Task RunAsync(string command)
        {
            var here = command.Replace("events.db", file.Path, StringComparison.Ordinal).Replace("new.db", InFolder("new.db"), StringComparison.Ordinal)
                .Replace("archive.jsonl.gz", InFolder("archive.jsonl.gz"), StringComparison.Ordinal);
            var run = await SynckitProcess.RunAsync(database.ConnectionString, here.Split(' ')[1..]);
            Assert.AreEqual(0, run.ExitCode, $"{here}\n{run.Output}{run.Error}");
        }
    }

    private static string Guide()
    {
        var readme = RepositoryRoot.Read("src", "SyncKit.EfStore.Sqlite", "README.md");
        var start = readme.IndexOf("### Five steps", StringComparison.Ordinal);
        return readme[start..readme.IndexOf("### Go and .NET", start, StringComparison.Ordinal)];
    }

    /// <summary>The commands of each step, without comments.</summary>
    private static List<IReadOnlyList<string>> Steps() =>
    [
        .. Step().Split(Guide()).Skip(1).Select(step => Block().Matches(step)
            .SelectMany(block => block.Groups[1].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            .SelectMany(line => line.Split('#')[0].Split("&&", StringSplitOptions.TrimEntries))
            .ToList()),
    ];

    [GeneratedRegex(@"^\*\*\d\. ", RegexOptions.Multiline)]
    private static partial Regex Step();

    [GeneratedRegex(@"```sh\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@"however late: `([^`]+)`")]
    private static partial Regex WayBack();
}
