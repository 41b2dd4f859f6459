using System.Runtime;
using System.Runtime.InteropServices;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace SyncKit.EfStore.Benchmarks.Reporting;

/// <summary>What the figures were measured on, apart from the server.</summary>
internal static class Machine
{
    private const double Gigabyte = 1024 * 1024 * 1024;

    internal static IEnumerable<(string Name, string Value)> Facts()
    {
        yield return ("machine", $"{Environment.ProcessorCount} cores ({Processor()}), {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / Gigabyte:0.0} GB of memory");
        yield return ("system", $"{RuntimeInformation.OSDescription}, {RuntimeInformation.OSArchitecture}");
        if (LoadAverage() is { } load)
        {
            yield return ("load at start", $"{load} (1, 5, 15 minutes)");
        }

        yield return (".NET", $"{RuntimeInformation.FrameworkDescription}, {(GCSettings.IsServerGC ? "server" : "workstation")} GC");
        yield return ("Npgsql", Version(typeof(NpgsqlConnection)));
        yield return ("EF Core", Version(typeof(DbContext)));
    }

    private static string Version(Type type) => type.Assembly.GetName().Version!.ToString(3);

    private static string Processor() =>
        First("/proc/cpuinfo", "model name") is { } line ? line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() : "unknown processor";

    private static string? LoadAverage() => First("/proc/loadavg", "") is { } line ? string.Join(' ', line.Split(' ')[..3]) : null;

    private static string? First(string file, string start) =>
        File.Exists(file) ? File.ReadLines(file).FirstOrDefault(line => line.StartsWith(start, StringComparison.Ordinal)) : null;
}
