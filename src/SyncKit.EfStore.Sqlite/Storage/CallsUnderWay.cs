namespace SyncKit.EfStore.Sqlite.Storage;

/// <summary>Counts the calls under way, so that disposing can answer them first. Safe for any number of threads.</summary>
/// <param name="ended">Runs once, when disposed and the last call is over.</param>
internal sealed class CallsUnderWay(Action ended)
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _count;
    private bool _ending;
    private bool _ended;

    /// <summary>Done once <see cref="End"/> was called, the last call is over, and what was to run then has.</summary>
    internal Task Over => _over.Task;

    /// <summary>Whether no more calls are taken.</summary>
    internal bool IsEnding
    {
        get
        {
            lock (_lock)
            {
                return _ending;
            }
        }
    }

    /// <exception cref="ObjectDisposedException">No more calls are taken.</exception>
    internal void Enter()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_ending, typeof(IEventStore));
            _count++;
        }
    }

    internal void Leave() => Step(() => _count--);

    /// <summary>Takes no more calls. Again changes nothing.</summary>
    internal void End() => Step(() => _ending = true);

    private void Step(Action step)
    {
        bool over;
        lock (_lock)
        {
            step();
            over = _ending && _count == 0 && !_ended;
            _ended |= over;
        }

        if (over)
        {
            ended();
            _over.SetResult();
        }
    }
}
