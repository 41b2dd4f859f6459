namespace SyncKit.EfStore.Benchmarks.Contenders;

/// <summary>One way to append, set up for a number of callers.</summary>
/// <typeparam name="T">What one call appends.</typeparam>
internal interface IAppender<in T> : IAsyncDisposable
{
    /// <summary>Appends, and ends when it is committed.</summary>
    /// <param name="caller">Who calls, from 0; never twice at a time.</param>
    /// <param name="what">What to append.</param>
    Task AppendAsync(int caller, T what);
}
