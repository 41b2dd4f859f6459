using Spectre.Console;
using SyncKit.EfStore.Sqlite;

namespace SyncKit.EfStore.Cli.Printing;

/// <summary>How far a comparison is: events, rate, the differences so far, and the time left. On a terminal only.</summary>
internal sealed class VerifyProgressBar(TimeProvider time) : IProgress<VerifyProgress>
{
    private readonly long _start = time.GetTimestamp();
    private ProgressTask? _task;

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
                _task = context.AddTask("comparing", maxValue: 1);
                return await work();
            });
    }

    public void Report(VerifyProgress value)
    {
        if (_task is not { } task)
        {
            return;
        }

        var rate = value.Read / Math.Max(time.GetElapsedTime(_start).TotalSeconds, 0.001);
        task.Description = $"comparing: {value.Read} events, {rate:0}/s, {value.Differences} differences";
        task.MaxValue = Math.Max(1, value.Last.Value);
        task.Value = value.At.Value;
    }
}
