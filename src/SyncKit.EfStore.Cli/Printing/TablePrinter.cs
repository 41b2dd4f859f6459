using Spectre.Console;

namespace SyncKit.EfStore.Cli.Printing;

/// <summary>A table for a person, drawn once everything is there.</summary>
internal sealed class TablePrinter<T>(string[] columns, Func<T, string[]> cells) : IPrinter<T>
{
    private readonly Table _table = new Table().AddColumns(columns);

    public ValueTask PrintAsync(T item, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _table.AddRow([.. cells(item).Select(cell => Markup.Escape(HarmlessText.Of(cell)))]);
        return ValueTask.CompletedTask;
    }

    public Task FlushAsync(CancellationToken cancellationToken)
    {
        AnsiConsole.Write(_table);
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
