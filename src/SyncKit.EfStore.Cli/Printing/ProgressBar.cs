using System.Globalization;
using Spectre.Console;

namespace SyncKit.EfStore.Cli.Printing;

/// <summary>How far long work is: how many, how many a second, and the time left where the end is known. On a terminal only, on stderr.</summary>
/// <param name="doing">What is being done, such as <c>importing</c>.</param>
/// <param name="unit">What is counted, in the plural.</param>
/// <param name="endKnown">Whether reports tell the share that is done.</param>
/// <param name="time">The clock of the rate.</param>
internal sealed class ProgressBar(string doing, string unit, bool endKnown, TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();
    private ProgressTask? _task;

    internal Task<T> ShowAsync<T>(Func<Task<T>> work)
    {
        if (!Consoles.CanRedraw)
        {
            return work();
        }

        ProgressColumn[] columns = endKnown
            ? [new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn()]
            : [new TaskDescriptionColumn(), new ElapsedTimeColumn()];
        return Consoles.ForError().Progress().AutoClear(true).Columns(columns).StartAsync(async context =>
        {
            _task = context.AddTask(doing, maxValue: 1);
            return await work();
        });
    }

    /// <summary>Tells how far it is. Cheap, but not for every single event.</summary>
    /// <param name="done">So many so far.</param>
    /// <param name="share">0 to 1; null leaves the bar where it is.</param>
    internal void Report(long done, double? share)
    {
        if (_task is not { } task)
        {
            return;
        }

        var rate = done / Math.Max(time.GetElapsedTime(_start).TotalSeconds, 0.001);
        task.Description = string.Create(CultureInfo.InvariantCulture, $"{doing}: {done} {unit}, {rate:0}/s");
        if (share is { } known)
        {
            task.Value = Math.Clamp(known, 0, 1);
        }
    }
}
