using System.Globalization;
using System.Text.RegularExpressions;

namespace SyncKit.EfStore.Testing.Clusters;

/// <summary>Where PostgreSQL's programs may be, and which of them are worth running.</summary>
internal static partial class ProgramFolders
{
    internal const string Needed = "initdb, pg_ctl and postgres";

    internal static string Searched { get; } = OperatingSystem.IsWindows()
        ? @"PATH, Program Files\PostgreSQL\*\bin"
        : "PATH, /usr/lib/postgresql/*/bin, /usr/pgsql-*/bin, Homebrew";

    /// <summary>The PATH, then the places where installers put PostgreSQL, newest first; existing folders only.</summary>
    internal static IEnumerable<string> OnThisMachine()
    {
        var path = Environment.GetEnvironmentVariable("PATH") ?? "";
        var installed = OperatingSystem.IsWindows()
            ? Installed(Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ProgramFiles), "PostgreSQL"), "*")
            : Installed("/usr/lib/postgresql", "*")
                .Concat(Installed("/usr", "pgsql-*"))
                .Concat(Installed("/opt/homebrew/opt", "postgresql@*"))
                .Concat(Installed("/usr/local/opt", "postgresql@*"));
        return path.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Concat(installed);
    }

    internal static bool HasAllPrograms(string folder) =>
        File.Exists(Program(folder, "initdb")) && File.Exists(Program(folder, "pg_ctl")) && File.Exists(Program(folder, "postgres"));

    internal static string Program(string folder, string name) =>
        Path.GetFullPath(Path.Combine(folder, OperatingSystem.IsWindows() ? name + ".exe" : name));

    /// <summary>The folder that links lead to, if they do: it says more about which PostgreSQL this is.</summary>
    internal static string Resolve(string folder) =>
        File.ResolveLinkTarget(Program(folder, "postgres"), returnFinalTarget: true) is { } target
        && Path.GetDirectoryName(target.FullName) is { } real
        && HasAllPrograms(real)
            ? real
            : folder;

    /// <summary>The major version, or nothing when the program does not run.</summary>
    internal static async Task<int?> MajorVersionAsync(string folder, CancellationToken cancellationToken)
    {
        try
        {
            var run = await ProgramRun.RunAsync(Program(folder, "postgres"), ["--version"], folder, cancellationToken).ConfigureAwait(false);
            return run.ExitCode == 0 && MajorVersion().Match(run.Output) is { Success: true } match
                ? int.Parse(match.ValueSpan, CultureInfo.InvariantCulture)
                : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    private static IEnumerable<string> Installed(string parent, string pattern) =>
        Directory.Exists(parent)
            ? Directory.GetDirectories(parent, pattern)
                .OrderByDescending(folder => MajorVersion().Match(Path.GetFileName(folder)) is { Success: true } match
                    ? int.Parse(match.ValueSpan, CultureInfo.InvariantCulture)
                    : 0)
                .Select(folder => Path.Combine(folder, "bin"))
            : [];

    [GeneratedRegex("[0-9]{1,6}")]
    private static partial Regex MajorVersion();
}
