using System.Diagnostics;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace SyncKit.EfStore.Tests.Examples;

/// <summary>What the README shows is what compiles and runs, and what it names is there.</summary>
[TestClass]
public sealed partial class ReadmeTests
{
    public required TestContext TestContext { get; set; }

    [TestMethod]
    [DataRow(0, "SyncKit.EfStore.QuickStart")]
    [DataRow(1, "SyncKit.EfStore.QuickStartDbContext")]
    public void The_programs_in_the_readme_are_those_compiled_here_to_the_letter(int place, string project)
    {
        var shown = CSharpBlock().Matches(RepositoryRoot.Read("README.md"))[place].Groups["code"].Value;

        Assert.AreEqual(RepositoryRoot.Read("tests", project, "Program.cs"), shown);
    }

    [TestMethod]
    public async Task The_quick_start_provisions_appends_is_told_and_reads_back() => await AssertPrintsAsync(
        "SyncKit.EfStore.QuickStart",
        "told of OrderPlaced, 1 in its stream",
        "told of OrderPaid, 2 in its stream",
        "version 1: OrderPlaced {\"Total\": 12}",
        "version 2: OrderPaid {\"by\": \"card\"}");

    [TestMethod]
    public async Task The_program_with_a_context_of_its_own_saves_row_and_event_and_joins_them() => await AssertPrintsAsync(
        "SyncKit.EfStore.QuickStartDbContext", "an order of 12: OrderPlaced, 1 in its stream");

    [TestMethod]
    public async Task The_lines_about_subscriptions_are_those_compiled_here_and_work()
    {
        var compiled = Lines(RepositoryRoot.Read("tests", "SyncKit.EfStore.Tests", "Examples", "SubscriptionExample.cs"));
        var readme = RepositoryRoot.Read("README.md");
        Assert.Contains(Lines(CSharpBlock().Matches(readme)[2].Groups["code"].Value), compiled);
        var text = readme.Split("## Subscriptions")[1].Split("\n## ")[0];
        foreach (var call in (string[])["WaitUntilProcessedAsync(\"invoices\", result.Version)", "await foreach (var stored in store.SubscribeAsync(since, filter))"])
        {
            Assert.Contains(call, text);
            Assert.Contains(call, compiled);
        }

        await using var database = await (await TestServer.GetAsync()).CreateDatabaseAsync(TestContext.CancellationToken);
        await using (var connection = await RawSql.ConnectAsync(database.ConnectionString))
        {
            await connection.RunAsync("""CREATE TABLE invoices ("Id" text PRIMARY KEY)""");
        }

        var mails = new List<string>();
        var application = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        application.Configuration.AddInMemoryCollection([new("ConnectionStrings:EventStore", database.ConnectionString)]);
        application.Services.AddSingleton(mails)
            .AddDbContext<SubscriptionExample.ShopDbContext>(options => options.UseNpgsql(database.ConnectionString));
        SubscriptionExample.Register(new(application.Services));
        using var host = application.Build();
        await host.StartAsync(TestContext.CancellationToken);
        await using var scope = host.Services.CreateAsyncScope();
        var store = host.Services.GetRequiredService<IRealtimeEventStore>();
        var subscriptions = host.Services.GetRequiredService<ISubscriptions>();
        var given = Sample.Event("a");

        var result = await store.AppendAsync([given], ExpectedVersion.Any, TestContext.CancellationToken);
        var invoice = await SubscriptionExample.ReadOwnWriteAsync(
            subscriptions, result, scope.ServiceProvider.GetRequiredService<SubscriptionExample.ShopDbContext>());
        await subscriptions.WaitUntilProcessedAsync("mails", result.Version, TestContext.CancellationToken);

        Assert.AreEqual(given.Id, invoice);
        Assert.AreEqual(given.Id, mails.Single());
        Assert.AreEqual(result.Version, await SubscriptionExample.FollowAsync(store, EventVersion.Zero, new SubscriptionFilter()));
        await host.StopAsync(TestContext.CancellationToken);

        static string Lines(string code) => string.Join('\n', code.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
    }

    [TestMethod]
    public void Every_file_the_readme_says_to_open_is_there()
    {
        var table = RepositoryRoot.Read("README.md").Split("## To change X open Y")[1];
        var missing = FileName().Matches(table).Select(match => match.Groups["file"].Value)
            .Where(file => !file.Contains('<', StringComparison.Ordinal) && !IsThere(file))
            .ToArray();

        Assert.IsEmpty(missing, string.Join(", ", missing));
    }

    private async Task AssertPrintsAsync(string project, params string[] lines)
    {
        var server = await TestServer.GetAsync();
        await using var database = await server.CreateEmptyDatabaseAsync(TestContext.CancellationToken);
        var start = new ProcessStartInfo("dotnet", [RepositoryRoot.Program($"tests/{project}", $"{project}.dll")])
        {
            RedirectStandardOutput = true,
            Environment = { ["ConnectionStrings__EventStore"] = database.ConnectionString },
        };
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.CancellationToken);
        await process.WaitForExitAsync(TestContext.CancellationToken);

        Assert.AreEqual(0, process.ExitCode, output);
        foreach (var line in lines)
        {
            StringAssert.Contains(output, line, StringComparison.Ordinal);
        }
    }

    private static bool IsThere(string file) =>
        File.Exists(Path.Combine(RepositoryRoot.Path, file))
        || Directory.Exists(Path.Combine(RepositoryRoot.Path, file))
        || Directory.EnumerateFileSystemEntries(Path.Combine(RepositoryRoot.Path, "src"), "*", SearchOption.AllDirectories)
            .Any(path => path.Replace('\\', '/').EndsWith("/" + file.TrimEnd('/'), StringComparison.Ordinal)
                || Path.GetFileName(path).EndsWith("_" + file, StringComparison.Ordinal));

    [GeneratedRegex(@"```csharp\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex CSharpBlock();

    [GeneratedRegex(@"`(?<file>[^`\s]*[./][^`\s]*)`")]
    private static partial Regex FileName();
}
