namespace SyncKit.EfStore.Tests.Appending;

/// <summary>Lets nobody go on until so many have come, so that writers are sure to get in each other's way; after that, everybody.</summary>
internal sealed class Meeting(int size)
{
    private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _missing = size;

    internal Task ArriveAsync()
    {
        if (Interlocked.Decrement(ref _missing) == 0)
        {
            _complete.SetResult();
        }

        return _complete.Task;
    }
}
