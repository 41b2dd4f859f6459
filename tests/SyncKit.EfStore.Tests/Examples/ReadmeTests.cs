using System.Diagnostics;
using System.Text.RegularExpressions;

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
