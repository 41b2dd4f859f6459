using Spectre.Console;

namespace SyncKit.EfStore.Stress.Order;

/// <summary>One line for each reader of each pattern. On stdout.</summary>
internal static class OrderTable
{
    internal static void Print(IReadOnlyList<PatternResult> results)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) });
        if (Console.IsOutputRedirected)
        {
            console.Profile.Width = 160; // A pipe has no width, and lines folded at 80 cannot be searched.
        }

        var table = new Table().Border(TableBorder.Simple);
        foreach (var column in (string[])["pattern", "events", "gaps", "killed", "failed", "reader", "delivered", "lost", "doubled", "inverted", "invented"])
        {
            table.AddColumn(new TableColumn(column) { Alignment = column is "pattern" or "reader" ? Justify.Left : Justify.Right });
        }

        foreach (var result in results)
        {
            string[] head = [result.Pattern.Name, $"{result.Committed:N0}", $"{result.Gaps:N0}", $"{result.Killed:N0}", $"{result.Failed:N0}"];
            foreach (var (reader, isControl, verdict) in result.Readers)
            {
                table.AddRow(
                [
                    .. head,
                    isControl ? $"({reader})" : reader,
                    .. new[] { verdict.Delivered, verdict.Lost, verdict.Doubled, verdict.Inverted, verdict.Invented }.Select(number => $"{number:N0}"),
                ]);
                head = ["", "", "", "", ""];
            }
        }

        console.Write(table);
        console.MarkupLine("(naive) is there to show what care prevents: it remembers the highest version it has seen.");
        foreach (var result in results.Where(result => result.Unacknowledged < 0))
        {
            console.WriteLine($"{result.Pattern.Name}: {-result.Unacknowledged:N0} acknowledged events are not in the log.");
        }
    }
}
