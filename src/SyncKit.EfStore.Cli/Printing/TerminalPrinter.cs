using System.Globalization;
using Spectre.Console;

namespace SyncKit.EfStore.Cli.Printing;

/// <summary>One line each, cut to the width of the terminal.</summary>
internal sealed class TerminalPrinter<T>(Func<T, EventSummary> summarize) : IPrinter<T>
{
    private static readonly Style Quiet = new(Color.Grey);
    private static readonly Style Loud = new(decoration: Decoration.Bold);

    public ValueTask PrintAsync(T item, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var summary = summarize(item);
        var left = AnsiConsole.Profile.Width - 1;
        var line = new Paragraph();
        Add($"{summary.Version,8}  ", Style.Plain);
        Add($"{summary.CreatedAt?.ToString("yyyy-MM-dd HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture) ?? "no time",-24}  ", Quiet);
        Add($"{summary.EventType,-20}  ", Loud);
        Add($"{summary.AggregateId}@{summary.StreamVersion}  ", Style.Plain);
        Add(summary.Detail ?? "", Quiet);
        AnsiConsole.Write(line);
        AnsiConsole.WriteLine();
        return ValueTask.CompletedTask;

        void Add(string text, Style style)
        {
            var shown = TerminalText.Harmless(text.Length <= left ? text : text[..left]);
            left -= shown.Length;
            line.Append(shown, style);
        }
    }

    public Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
