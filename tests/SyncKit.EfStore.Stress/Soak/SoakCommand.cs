using System.CommandLine;
using Spectre.Console;

namespace SyncKit.EfStore.Stress.Soak;

/// <summary>The soak: figures, and whether they are flat.</summary>
internal sealed class SoakCommand : Command
{
    private readonly Option<int> _minutes = StressCommand.Number("--minutes", 60, 1, 10_000, "How long.");
    private readonly Option<int> _seed = StressCommand.Number("--seed", 1, 0, int.MaxValue, "The same seed makes the same faults.");

    internal SoakCommand()
        : base("soak", "Steady appends, observers and handlers coming and going, and faults: memory, connections and the notification queue stay flat.")
    {
        Add(_minutes);
        Add(_seed);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var duration = TimeSpan.FromMinutes(parsed.GetValue(_minutes));

        await using var server = await StressServer.StartAsync($"{duration.TotalMinutes:0} minutes, seed {parsed.GetValue(_seed)}", cancellationToken);
        var result = await new SoakRun(duration, parsed.GetValue(_seed)).RunAsync(server, new Lines(), cancellationToken);

        Print(result);
        return result is { IsFlat: true, IsExact: true } ? StressCommand.Done : StressCommand.Failed;
    }

    private static void Print(SoakResult result)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) });
        if (Console.IsOutputRedirected)
        {
            console.Profile.Width = 160; // A pipe has no width.
        }

        var figures = new Table().Border(TableBorder.Simple).AddColumns("figure", "first third", "last third", "an hour", "");
        foreach (var (name, unit, trend) in result.Figures)
        {
            figures.AddRow(
                name, $"{trend.First:0.##} {unit}", $"{trend.Last:0.##} {unit}", $"{trend.PerHour:+0.##;-0.##;0} {unit}", trend.IsFlat ? "flat" : "GROWS");
        }

        var readers = new Table().Border(TableBorder.Simple).AddColumns("reader", "lost", "doubled", "inverted");
        foreach (var (name, lost, doubled, inverted) in result.Readers)
        {
            readers.AddRow(name, $"{lost:N0}", $"{doubled:N0}", $"{inverted:N0}");
        }

        console.WriteLine($"{result.Stored:N0} events appended, {result.Repeated:N0} appends repeated; {result.Came:N0} observers and handlers came and went; {result.Samples:N0} samples");
        console.WriteLine(result.Faults.ToString());
        console.Write(figures);
        console.Write(readers);
        console.WriteLine(result is { IsFlat: true, IsExact: true } ? "Flat, and exact." : result.IsExact ? "NOT FLAT." : "NOT EXACT.");
    }

    /// <summary>A line for each sample, on stderr: what a terminal shows, and a log keeps.</summary>
    private sealed class Lines : IProgress<Sample>
    {
        public void Report(Sample value) => Console.Error.WriteLine(
            $"{value.At:hh\\:mm\\:ss}  heap {value.HeapBytes / 1048576.0,6:0.0} MB  working set {value.WorkingSetBytes / 1048576.0,6:0} MB  "
            + $"connections {value.Connections,3}  queue {value.QueueUsage,8:0.00000 %}  events {value.Events:N0}");
    }
}
