using Spectre.Console;

namespace SyncKit.EfStore.Cli.Printing;

/// <summary>How far an import is: events, rate, and the time left where the length of the input is known. On a terminal only.</summary>
internal sealed class ImportProgressBar(FileStream? file, TimeProvider time) : IProgress<ImportProgress>
{
    // When a batch is stored, the input is read to the end of the second after it.
    private const int BatchesAhead = 2;

    private readonly long _start = time.GetTimestamp();
    private readonly Queue<long> _positions = [];
    private ProgressTask? _task;

    /// <summary>The last report.</summary>
    internal ImportProgress Last { get; private set; } = new(0, 0);

    internal Task<T> ShowAsync<T>(Func<Task<T>> work)
    {
        if (Console.IsErrorRedirected)
        {
            return work();
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        var lengthKnown = file is { CanSeek: true, Length: > 0 };
        ProgressColumn[] columns = lengthKnown
            ? [new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn()]
            : [new TaskDescriptionColumn(), new ElapsedTimeColumn()];
        return console.Progress().AutoClear(true).Columns(columns).StartAsync(async context =>
        {
            _task = context.AddTask("importing", maxValue: lengthKnown ? file!.Length : 1);
            return await work();
        });
    }

    public void Report(ImportProgress value)
    {
        Last = value;
        if (_task is not { } task)
        {
            return;
        }

        var done = value.Stored + value.Skipped;
        task.Description = $"{done} events, {done / Math.Max(time.GetElapsedTime(_start).TotalSeconds, 0.001):0}/s";
        if (file is not { CanSeek: true })
        {
            return;
        }

        _positions.Enqueue(file.Position);
        if (_positions.Count > BatchesAhead)
        {
            task.Value = _positions.Dequeue();
        }
    }
}
