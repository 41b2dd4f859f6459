using System.Diagnostics;
using System.Globalization;

namespace SyncKit.EfStore.Benchmarks.Reporting;

/// <summary>What is running now, on stderr: a run takes many minutes, and its results go to stdout.</summary>
internal sealed class ProgressLines
{
    private readonly long _start = Stopwatch.GetTimestamp();

    internal void Say(string line) =>
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"[{Stopwatch.GetElapsedTime(_start):hh\\:mm\\:ss}] {line}"));
}
