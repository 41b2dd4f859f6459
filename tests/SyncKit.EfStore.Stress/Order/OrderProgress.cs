using Spectre.Console;

namespace SyncKit.EfStore.Stress.Order;

/// <summary>How far each pattern is: bars on a terminal, a line each elsewhere. On stderr.</summary>
internal static class OrderProgress
{
    internal static async Task<IReadOnlyList<PatternResult>> RunAsync(int events, Func<Pattern, IProgress<int>, Task<PatternResult>> run)
    {
        var results = new List<PatternResult>();
        if (Console.IsErrorRedirected)
        {
            foreach (var pattern in Pattern.All)
            {
                results.Add(await run(pattern, new Bar(null)));
                await Console.Error.WriteLineAsync($"{pattern.Name}: {results[^1].Committed:N0} events in {results[^1].Took.TotalSeconds:0.0} s");
            }

            return results;
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        await console.Progress().StartAsync(async context =>
        {
            foreach (var pattern in Pattern.All)
            {
                var bar = context.AddTask(pattern.Name, maxValue: events);
                results.Add(await run(pattern, new Bar(bar)));
                bar.Value = events;
                bar.StopTask();
            }
        });
        return results;
    }

    private sealed class Bar(ProgressTask? task) : IProgress<int>
    {
        public void Report(int value) => task?.Value = value;
    }
}
