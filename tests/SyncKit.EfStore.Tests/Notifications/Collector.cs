namespace SyncKit.EfStore.Tests.Notifications;

/// <summary>
/// An observer that keeps what it gets, and can be waited for. It notices calls that overlap, calls after the end and a second end;
/// <see cref="Violations"/> must stay empty.
/// </summary>
internal sealed class Collector<T>(Action<T>? whenItArrives = null) : IObserver<T>
{
    // Generous: it only ends a test that has failed already.
    private static readonly TimeSpan AtMost = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly List<T> _items = [];
    private readonly List<string> _violations = [];
    private readonly List<(Func<IReadOnlyList<T>, bool> Condition, TaskCompletionSource Met)> _waiting = [];
    private readonly TaskCompletionSource<Exception?> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _inside;

    internal IReadOnlyList<T> Items
    {
        get
        {
            lock (_lock)
            {
                return [.. _items];
            }
        }
    }

    internal IReadOnlyList<string> Violations
    {
        get
        {
            lock (_lock)
            {
                return [.. _violations];
            }
        }
    }

    public void OnNext(T value)
    {
        Enter("OnNext");
        try
        {
            lock (_lock)
            {
                _items.Add(value);
                foreach (var (condition, met) in _waiting)
                {
                    if (!met.Task.IsCompleted && condition(_items))
                    {
                        met.SetResult();
                    }
                }

                _waiting.RemoveAll(waiting => waiting.Met.Task.IsCompleted);
            }

            whenItArrives?.Invoke(value);
        }
        finally
        {
            Interlocked.Decrement(ref _inside);
        }
    }

    public void OnCompleted() => End("OnCompleted", null);

    public void OnError(Exception error) => End("OnError", error);

    /// <summary>Ends with null for OnCompleted, with the error for OnError.</summary>
    internal async Task<Exception?> EndAsync()
    {
        try
        {
            return await _ended.Task.WaitAsync(AtMost);
        }
        catch (TimeoutException)
        {
            throw new AssertFailedException($"The observer was not told of the end. {Arrived()}");
        }
    }

    /// <summary>Ends when what has arrived fulfils a condition, which is asked after each arrival.</summary>
    internal async Task WaitUntilAsync(string what, Func<IReadOnlyList<T>, bool> condition)
    {
        Task met;
        lock (_lock)
        {
            if (condition(_items))
            {
                return;
            }

            var waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((condition, waiting));
            met = waiting.Task;
        }

        try
        {
            await met.WaitAsync(AtMost);
        }
        catch (TimeoutException)
        {
            throw new AssertFailedException($"Waited for {what}. {Arrived()}");
        }
    }

    /// <summary>Ends when one item fulfils a condition.</summary>
    internal Task WaitForAsync(string what, Func<T, bool> condition)
    {
        var asked = false;
        return WaitUntilAsync(what, items =>
        {
            // At first about all that came before, then about each arrival.
            var met = asked ? condition(items[^1]) : items.Any(condition);
            asked = true;
            return met;
        });
    }

    private string Arrived()
    {
        var items = Items;
        return $"{items.Count} arrived, the last of them: {string.Join("; ", items.TakeLast(10))}";
    }

    private void End(string call, Exception? error)
    {
        Enter(call);
        if (!_ended.TrySetResult(error))
        {
            Note($"a second end: {call}");
        }

        Interlocked.Decrement(ref _inside);
    }

    private void Enter(string call)
    {
        if (Interlocked.Increment(ref _inside) != 1)
        {
            Note($"{call} overlapped another call");
        }

        if (_ended.Task.IsCompleted && call == "OnNext")
        {
            Note("OnNext after the end");
        }
    }

    private void Note(string violation)
    {
        lock (_lock)
        {
            _violations.Add(violation);
        }
    }
}
