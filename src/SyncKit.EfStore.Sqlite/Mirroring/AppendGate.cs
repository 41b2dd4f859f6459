namespace SyncKit.EfStore.Sqlite.Mirroring;

/// <summary>Appends go through it; closed, it lets those within come out and those outside wait. Safe for any number of threads.</summary>
internal sealed class AppendGate
{
    private readonly Lock _lock = new();
    private int _within;
    private TaskCompletionSource? _opened;
    private TaskCompletionSource? _empty;

    /// <summary>Ends when the gate is open. Each is to be followed by <see cref="Leave"/>.</summary>
    internal async ValueTask EnterAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task opened;
            lock (_lock)
            {
                if (_opened is null)
                {
                    _within++;
                    return;
                }

                opened = _opened.Task;
            }

            await opened.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    internal void Leave()
    {
        lock (_lock)
        {
            if (--_within == 0)
            {
                _empty?.TrySetResult();
            }
        }
    }

    /// <summary>Lets nobody in from now on, and ends when nobody is within. To be followed by <see cref="Open"/>, whatever it throws.</summary>
    internal Task CloseAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _opened ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_within == 0)
            {
                return Task.CompletedTask;
            }

            _empty = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _empty.Task.WaitAsync(cancellationToken);
        }
    }

    internal void Open()
    {
        TaskCompletionSource? opened;
        lock (_lock)
        {
            (opened, _opened, _empty) = (_opened, null, null);
        }

        opened?.TrySetResult();
    }
}
