using Spectre.Console;
using SyncKit.EfStore.Sqlite;

namespace SyncKit.EfStore.Cli.Printing;

/// <summary>How far a copy is: events, rate and the time left. On a terminal only.</summary>
internal sealed class CopyProgressBar(string what, TimeProvider time) : IProgress<EventCopyProgress>
{
    private readonly long _start = time.GetTimestamp();
    private ProgressTask? _task;

    /// <summary>The last report.</summary>
    internal EventCopyProgress Last { get; private set; } = new(0, 0, 0, 0, 0);

    internal Task<T> ShowAsync<T>(Func<Task<T>> work)
    {
        if (Console.IsErrorRedirected)
        {
            return work();
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return console.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                _task = context.AddTask(what, maxValue: 1);
                return await work();
            });
    }

    public void Report(EventCopyProgress value)
    {
        Last = value;
        if (_task is { } task)
        {
            var rate = value.Done / Math.Max(time.GetElapsedTime(_start).TotalSeconds, 0.001);
            task.Description = $"{what} {value.Done} of {value.Total} events, {rate:0}/s";
            task.MaxValue = Math.Max(1, value.Total);
            task.Value = value.Done;
        }
    }
}
