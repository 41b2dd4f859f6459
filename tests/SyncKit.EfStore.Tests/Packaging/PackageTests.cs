using System.Diagnostics;
using System.IO.Compression;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using System.Xml.Linq;

namespace SyncKit.EfStore.Tests.Packaging;

/// <summary>What users install: the packages, made from what was built, in a folder that is their only source.</summary>
[TestClass]
public sealed class PackageTests
{
    private const string Tool = "SyncKit.EfStore.Cli";
    private static readonly string[] Shipped = ["SyncKit.Abstractions", "SyncKit.EfStore", "SyncKit.EfStore.Sqlite", "SyncKit.EfStore.Testing", Tool];
    private static string _folder = null!;

    [ClassInitialize]
    public static async Task PackAsync(TestContext context)
    {
        _folder = Directory.CreateTempSubdirectory("synckit-packages-").FullName;
        var pack = await RunAsync(
            "dotnet", "pack", Path.Combine(RepositoryRoot.Path, "SyncKit.EfStore.sln"), "--no-build", "--configuration", Configuration(), "--output", _folder);
        Assert.AreEqual(0, pack.ExitCode, pack.Output);
    }

    [ClassCleanup]
    public static void Delete() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    public void Every_library_and_the_tool_ship_and_nothing_else() => CollectionAssert.AreEquivalent(
        Shipped.SelectMany(name => new[] { $"{name}.{Version(name)}.nupkg", $"{name}.{Version(name)}.snupkg" }).ToArray(),
        Directory.GetFiles(_folder).Select(Path.GetFileName).ToArray());

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void A_package_says_what_it_is_and_under_which_licence(string name)
    {
        using var package = ZipFile.OpenRead(Find(name, "nupkg"));
        using var nuspec = package.GetEntry($"{name}.nuspec")!.Open();
        var metadata = XDocument.Load(nuspec).Root!.Elements().Single(element => element.Name.LocalName == "metadata");
        string Value(string element) => metadata.Elements().SingleOrDefault(one => one.Name.LocalName == element)?.Value ?? "";

        Assert.AreEqual("MIT", Value("license"));
        Assert.EndsWith(".", Value("description"));
        Assert.Contains("event-store", Value("tags"));
        Assert.AreEqual("README.md", Value("readme"));
        Assert.IsGreaterThan(500L, package.GetEntry("README.md")!.Length);
        var assemblies = package.Entries.Where(entry => entry.Name is "SyncKit.Abstractions.dll" || entry.Name == $"{name}.dll" || entry.Name == "synckit.dll");
        Assert.IsNotEmpty(assemblies);
    }

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Every_assembly_of_ours_has_symbols_and_nothing_tells_where_it_was_built(string name)
    {
        foreach (var path in new[] { Find(name, "nupkg"), Find(name, "snupkg") })
        {
            using var package = ZipFile.OpenRead(path);
            if (path.EndsWith(".snupkg", StringComparison.Ordinal))
            {
                Assert.IsTrue(package.Entries.Any(entry => entry.Name == (name == Tool ? "synckit.pdb" : $"{name}.pdb")), path);
            }

            foreach (var entry in package.Entries)
            {
                using var content = entry.Open();
                using var bytes = new MemoryStream();
                content.CopyTo(bytes);
                foreach (var place in new[] { RepositoryRoot.Path, Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) + "/.nuget" })
                {
                    Assert.AreEqual(-1, bytes.ToArray().AsSpan().IndexOf(Encoding.UTF8.GetBytes(place)), $"{entry.FullName} holds '{place}'.");
                    Assert.AreEqual(-1, bytes.ToArray().AsSpan().IndexOf(Encoding.Unicode.GetBytes(place)), $"{entry.FullName} holds '{place}'.");
                }
            }
        }
    }

    [TestMethod]
    public async Task The_tool_installs_from_the_folder_alone_and_runs()
    {
        var source = Path.Combine(_folder, "source");
        Directory.CreateDirectory(source);
        File.Copy(Find(Tool, "nupkg"), Path.Combine(source, Path.GetFileName(Find(Tool, "nupkg"))));
        var configuration = Path.Combine(_folder, "source.config");
        await File.WriteAllTextAsync(
            configuration,
            $"""<configuration><packageSources><clear /><add key="folder" value="{source}" /></packageSources></configuration>""");
        var tools = Path.Combine(_folder, "tools");

        var install = await RunAsync("dotnet", "tool", "install", Tool, "--tool-path", tools, "--configfile", configuration);
        Assert.AreEqual(0, install.ExitCode, install.Output);

        var synckit = Path.Combine(tools, OperatingSystem.IsWindows() ? "synckit.exe" : "synckit");
        var version = await RunAsync(synckit, "--version");
        Assert.AreEqual(0, version.ExitCode, version.Output);
        Assert.StartsWith(Version(Tool), version.Output);
        var help = await RunAsync(synckit, "--help");
        Assert.AreEqual(0, help.ExitCode, help.Output);
        Assert.Contains("synckit [command] [options]", help.Output);

        await using var database = await (await TestServer.GetAsync()).CreateEmptyDatabaseAsync();
        string[] connection = ["--connection", database.ConnectionString];
        Assert.AreEqual(0, (await RunAsync(synckit, ["migrate", .. connection])).ExitCode);
        Assert.AreEqual(0, (await RunAsync(synckit, ["append", "--stream", "s", "--type", "T", "--data", "[1]", .. connection])).ExitCode);
        var read = await RunAsync(synckit, ["read", .. connection]);
        Assert.AreEqual(0, read.ExitCode, read.Output);
        Assert.Contains("\"data\":[1]", read.Output);
    }

    public static IEnumerable<string[]> Names => Shipped.Select(name => new[] { name });

    private static string Configuration() => AppContext.BaseDirectory.TrimEnd('/', '\\').Split('/', '\\')[^2];

    private static string Version(string name) => Assembly
        .LoadFrom(RepositoryRoot.Program($"src/{name}", name == Tool ? "synckit.dll" : $"{name}.dll"))
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    private static string Find(string name, string extension) => Path.Combine(_folder, $"{name}.{Version(name)}.{extension}");

    private static async Task<(int ExitCode, string Output)> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _folder };

        // Where the runtime of these tests is: an installed tool looks for it in the usual places only.
        start.Environment["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment.Remove("ConnectionStrings__EventStore");
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + error);
    }
}
